/* struct core, which the rooms that work on jobs share. It is defined in jobs, the lowest of them;
 * core/core.c makes it. Thread: loop. */
#pragma once

#include "jobs/agenda.h"
#include "jobs/gauges.h"
#include "jobs/lane.h"
#include "jobs/live.h"
#include "jobs/parking.h"

/* A lane and the jobs that take turns to start items in it. */
struct ring {
	struct core *core;
	struct lane *lane; /* owned */
	struct live_list jobs;
	struct defer serve;
	struct buf spare; /* memory for events */
	struct parking_lot lot;
};

/* How items begin and end; items.c, called by turns.c. */
struct turn_hooks {
	bool (*begin)(struct live_job *live); /* one item; false: it may not begin any now */
	/* May it begin an item, as far as its own limits go? Begin a parked one again. */
	bool (*has_room)(const struct live_job *live);
	void (*begin_again)(struct live_job *live, uint32_t index, uint32_t queue);
	/* Begin a suspect item of the ring that is noted. False: none may begin now. */
	bool (*begin_suspect)(struct ring *ring);
	void (*on_event)(struct ring *ring, const struct lane_event *event);
	void (*woken)(struct live_job *live); /* its suspect items may stand in line */
};

/* What other rooms are told of live jobs, by live.c and commit.c. */
struct live_events {
	void (*began)(struct live_job *live);
	void (*noted)(struct live_job *live, const struct run_changes *changes); /* by a commit */
	void (*ended)(struct live_job *live); /* its end is committed */
	void (*left)(struct live_job *live);  /* it ended, was deleted, or the core ends */
};

struct core {
	struct core_opts opts;
	const struct turn_hooks *turn_hooks; /* borrowed, and so is the next */
	const struct live_events *events;
	struct schedules *schedules;
	struct live_job *live; /* hash by id */
	struct agenda agenda;
	struct waiting waiting;
	TAILQ_HEAD(, item) noted; /* suspect ones that are to begin now */
	struct live_list dirty;
	struct ring rings[N_LANES];
	struct ring *ring_of[N_KINDS][N_CHECKS], *ring_of_servers;
	uint32_t
	    n_in_place[N_PLACES]; /* live jobs; counted, since each turn asks; see turns_move */
	struct item **item_table; /* owned; by the low half of their number */
	uint32_t n_item_table;
	TAILQ_HEAD(, item) spare_items;
	struct defer flush;
	struct timer pace; /* until the next transaction is due */
	usec_t flushed_at; /* when the last one began */
	usec_t commit_pace;
	bool is_urgent;  /* the next one is not to wait */
	unsigned n_puts; /* operations with results that the store has, or is to have */
	STAILQ_HEAD(, store_op) unsynced; /* of them, those whose files go to the disk first */
	unsigned n_syncing;               /* of them, for which that is under way */
	uint64_t n_open_bytes;            /* of open chunks */
	uint64_t n_pending;               /* results settled and not committed */
	size_t pending_bytes;
	uint64_t ended[JOB_N_STATES]; /* in the store; counted, since it may hold millions */
	bool is_draining;
	struct retention *retention; /* owned */
	loop_fn *on_drained;
	void *on_drained_arg;
	struct metric_cell *items[N_KINDS][ITEM_N_STATUSES], *submitted[N_KINDS];
	struct gauges gauges;
};

/* For core/core.c. jobs.c: false: the system refuses a timer. */
bool jobs_init(struct core *core);
void jobs_done(struct core *core);
/* recover.c: resume the jobs that had not ended. False: they can't be read. */
bool jobs_recover(struct core *core);
void jobs_drain(struct core *core, loop_fn *on_drained, void *arg);
void jobs_set_retention(struct core *core, usec_t retention, uint64_t max_store);
void jobs_limits_changed(struct core *core);
size_t jobs_in_flight(const struct core *core); /* items */

/* For intake. verbs.c: the job of `op` (STORE_SUBMIT) is committed; make it live. A small one, of
 * which nothing was staged, brings its input, which is taken. */
void jobs_start(struct core *core, struct store_op *op, bool has_staged);

/* For schedules. commit.c: end it as `state` with the next commit, without a result for the items
 * that are left; nothing happens when it ends already. */
void live_stop(struct live_job *live, enum job_state state, enum job_reason reason);
