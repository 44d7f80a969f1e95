/* Inside core: the struct itself, and what its files do for each other. Thread: loop. */
#pragma once

#include "core/agenda.h"
#include "core/gauges.h"
#include "core/run.h"

/* What carries out items, and the runs that wait to begin some there. */
enum lane { LANE_DNS, LANE_FILES, N_LANES };

struct ring {
	struct core *core;
	enum lane lane;
	struct run_list runs;
	struct defer serve;
};

struct core {
	struct core_opts opts;
	struct schedules *schedules;
	struct run *runs; /* hash by id */
	struct agenda agenda;
	struct waiting waiting;
	struct item *noted; /* a suspect one that is to begin now */
	struct run_list dirty;
	struct ring rings[N_LANES];
	uint32_t n_in_place[N_PLACES]; /* runs; see sched_move */
	TAILQ_HEAD(, item) spare_items;
	struct defer flush;
	struct timer pace;  /* until the next transaction is due */
	usec_t flushed_at;  /* when the last one began */
	bool is_urgent;     /* the next one is not to wait */
	unsigned n_puts;    /* operations with results that the store has */
	uint64_t n_pending; /* results settled and not committed */
	uint64_t ended[JOB_N_STATES];
	bool is_draining;
	struct retention *retention; /* owned */
	loop_fn *on_drained;
	void *on_drained_arg;
	struct metric_cell *items[N_KINDS][ITEM_N_STATUSES], *submitted[N_KINDS];
	struct gauges gauges;
};

/* jobs.c: make a run of a committed job; add it to the table. Takes what `job` owns. */
struct run *run_new(struct core *core, struct job *job);
struct run *run_find(struct core *core, const struct id *id); /* NULL: it isn't live */
/* Take the run out of everything and free it, now or when the store gives its operations back. */
void run_remove(struct run *run);
void run_op_done(struct run *run); /* the store gave an operation back */
void run_tell(struct run *run);    /* tell the subscribers */
void run_stop_items(struct run *run);
/* End it as `state` with the next commit, without a result for the items that are left; nothing
 * happens when it ends already. */
void run_stop(struct run *run, enum job_state state, enum job_reason reason);

/* life.c: put the run where it belongs now, and on the agenda for when that changes; end it when
 * its deadline has passed. */
void life_update(struct run *run);

/* schedules.c */
bool schedules_init(struct core *core); /* before recover_all; false: they can't be read */
void schedules_done(struct core *core);
void schedules_run_began(struct run *run);
void schedules_run_ended(struct run *run);
void schedules_noted(struct run *run, const struct run_changes *changes); /* by a commit */

/* recover.c: take up the jobs that had not ended; false when they can't be read. */
bool recover_all(struct core *core);

/* claims.c: open a chunk (its contents are taken), fetch more input when it runs low. */
void claims_open(struct run *run, struct stored_chunk *stored, const uint32_t *skip, size_t n_skip);
void claims_settle(
    struct run *run, struct open_chunk *chunk); /* one of its items is; may free it */
void claims_fetch(struct run *run);
void claims_close(struct run *run); /* free all open chunks */

/* sched.c: give the active runs turns while they have items to begin. */
void sched_init(struct core *core);
void sched_done(struct core *core);
void sched_add(struct run *run);                    /* a new run */
void sched_move(struct run *run, enum place place); /* the only setter of run->place */
void sched_wake(struct run *run);   /* something changed that may let it begin items */
void sched_kick(struct core *core); /* look at all in the next turn */
size_t sched_in_flight(const struct core *core);
/* For suspect chunks. Move to the next item that is to be asked; false at the end. */
bool sched_next_item(struct open_chunk *c, struct chunk_cursor *at, struct chunk_item *ret_item,
    uint32_t *ret_index);
struct item *sched_new_item(struct run *run, struct open_chunk *c);
/* End the job when there should be more. */
void sched_check_end(struct open_chunk *c, const struct chunk_cursor *at);
void sched_settle_invalid(
    struct run *run, struct open_chunk *c, const struct chunk_item *in, uint32_t index);

/* commit.c: settled results and changes of state go to the store, one transaction at a time. */
void commit_init(struct core *core);
void commit_settle(struct run *run, struct open_chunk *chunk, const struct result *result);
void commit_mark(struct run *run); /* there is something to commit */
/* Hand the settled results over now. */
void commit_results(struct run *run);
/* Say in `op` how the run stands, for its row and its schedule. */
void commit_describe(const struct run *run, struct store_op *op);
/* The end of the run as next_state is committed: tell of it, and remove the run. */
void run_finish(struct run *run, usec_t now);
/* Results that were settled when the end was committed without them go, and files with them. */
void run_drop_results(struct run *run);
/* Settled results above which no item is begun: the store is behind. */
enum { COMMIT_PENDING_MANY = 50000 };
