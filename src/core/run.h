/* Inside core: a run is a job that has not ended, with its open input and the results not committed
 * yet.
 *
 * An item waits in an open chunk, is in flight as a struct item, is settled when its record stands
 * in the run's block, and shows once the block is committed:
 *
 *   waiting --sched--> in flight --engine--> settled --store--> committed
 *
 * Thread: loop. */
#pragma once

#include <uthash.h>

#include "core/core.h"
#include "core/limits.h"
#include "model/pace.h"

/* Input that is being worked on. */
struct open_chunk {
	TAILQ_ENTRY(open_chunk) link;
	struct stored_chunk stored;
	size_t offset;    /* of the next item */
	uint32_t next;    /* items begun or passed over */
	uint32_t n_left;  /* items not settled */
	uint64_t low_seq; /* results of its items lie behind this number */
	uint64_t
	    skip[(CHUNK_ITEMS + 63) / 64]; /* items to pass over: aliases, or done before a crash */
};

/* An item in flight. */
struct item {
	TAILQ_ENTRY(item) link;
	struct run *run;
	struct open_chunk *chunk;
	struct probe *probe;
};

struct run {
	struct core *core;
	struct job job; /* as committed; only `running` shows before its commit */
	UT_hash_handle hh;
	TAILQ_ENTRY(run) link; /* in core->waiting or core->active */
	TAILQ_ENTRY(run) turn; /* in core->ring while has_turn */
	TAILQ_ENTRY(run) dirt; /* in core->dirty while is_dirty */
	bool is_active, has_turn, is_dirty;
	bool is_gone; /* ended or deleted: freed when the store has given back all operations */
	unsigned n_ops;

	/* input */
	TAILQ_HEAD(, open_chunk)
	chunks;                     /* oldest first; those with items to begin are at the end */
	struct open_chunk *current; /* the one whose items are begun now; NULL: none has any */
	uint32_t next_chunk;        /* number to claim from */
	bool is_claiming, is_all_claimed;
	uint64_t n_aliases; /* not copied yet */
	bool has_aliases;
	bool is_copying;
	size_t n_done;    /* items with results from before a crash */
	uint32_t *done;   /* owned, ascending; NULL when none */
	uint64_t low_seq; /* they lie behind this number */

	/* work */
	TAILQ_HEAD(, item) items;
	uint32_t n_items;
	struct bucket bucket;
	struct timer bucket_timer;

	/* results settled and not yet given to the store */
	struct buf block;
	uint32_t n_block;
	uint64_t block_counts[ITEM_N_STATUSES];
	uint32_t *finished_chunks; /* owned */
	size_t n_finished_chunks;
	uint64_t n_settled;        /* of the job, those committed included */
	enum job_state next_state; /* what the next commit makes of it */
	bool is_ending;            /* the commit under way ends it */

	struct pace pace;
	LIST_HEAD(, subscription) subscriptions;
};

TAILQ_HEAD(run_list, run);

/* What the getter of asyncprobed_jobs{state} needs. */
struct state_gauge {
	const struct core *core;
	enum job_state state;
};

struct core {
	struct core_opts opts;
	struct run *runs; /* hash by id */
	struct run_list waiting, active, ring, dirty;
	uint32_t n_active;
	TAILQ_HEAD(, item) spare_items;
	struct defer sched, flush;
	unsigned n_puts;    /* operations with results that the store has */
	uint64_t n_pending; /* results settled and not committed */
	uint64_t ended[JOB_N_STATES];
	bool is_draining;
	loop_fn *on_drained;
	void *on_drained_arg;
	struct metric_cell *items[ITEM_N_STATUSES], *submitted;
	struct state_gauge gauges[JOB_N_STATES];
};

/* jobs.c: make a run of a committed job; add it to the table. Takes what `job` owns. */
struct run *run_new(struct core *core, struct job *job);
/* Take the run out of everything and free it, now or when the store gives its operations back. */
void run_remove(struct run *run);
void run_op_done(struct run *run); /* the store gave an operation back */
void run_tell(struct run *run);    /* tell the subscribers */
void run_stop_items(struct run *run);

/* recover.c: take up the jobs that had not ended; false when they can't be read. */
bool recover_all(struct core *core);

/* claims.c: open a chunk (its contents are taken), fetch more input when it runs low. */
void claims_open(struct run *run, struct stored_chunk *stored, const uint32_t *skip, size_t n_skip);
void claims_settle(
    struct run *run, struct open_chunk *chunk); /* one of its items is; may free it */
void claims_fetch(struct run *run);
void claims_close(struct run *run); /* free all open chunks */

/* sched.c: give the run turns while it has items to begin. */
void sched_init(struct core *core);
void sched_add(struct run *run);    /* a new run */
void sched_wake(struct run *run);   /* something changed that may let it begin items */
void sched_kick(struct core *core); /* look at all in the next turn */

/* commit.c: settled results and changes of state go to the store, one transaction at a time. */
void commit_init(struct core *core);
void commit_settle(struct run *run, struct open_chunk *chunk, const struct result *result);
void commit_mark(struct run *run); /* there is something to commit */
/* Settled results above which no item is begun: the store is behind. */
enum { COMMIT_PENDING_MANY = 50000 };
