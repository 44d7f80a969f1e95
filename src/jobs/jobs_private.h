/* Inside jobs: what the files of live jobs do for each other. Each calls those that stand above it
 * here, and no others; what goes the other way goes by turn_hooks and run_events. Thread: loop. */
#pragma once

#include "jobs/context.h"

/* run.c: make a run of a committed job; add it to the table. Takes what `job` owns. */
struct run *run_new(struct core *core, struct job *job);
struct run *run_find(struct core *core, const struct id *id); /* NULL: it isn't live */
/* Take it out of the table; it is freed when the store has given its operations back. */
void run_forget(struct run *run);
void run_op_done(struct run *run); /* the store gave an operation back */
void run_tell(struct run *run);    /* tell the subscribers */
/* The only setter of next_state, which checks the move. */
void run_set_next(struct run *run, enum job_state state, enum job_reason reason);
struct item *item_new(struct run *run, struct open_chunk *c);
void item_free(struct item *item);
struct item *item_find(const struct core *core, uint64_t number); /* NULL: it was freed */
/* The lane of the run's kind. */
struct lane *run_lane(const struct run *run);

/* turns.c: give the active runs turns while they have items to begin. */
void turns_init(struct core *core, const struct turn_hooks *hooks);
void turns_done(struct core *core);
void turns_add(struct run *run);                    /* a new run */
void turns_move(struct run *run, enum place place); /* the only setter of run->place */
void turns_wake(struct run *run); /* something changed that may let it begin items */
/* Work on what its lane has to tell, at once. Not in a hook. */
void turns_take_events(struct run *run);
void turns_kick(struct core *core); /* look at all in the next turn */
size_t turns_in_flight(const struct core *core);

/* endings.c */
void run_stop_items(struct run *run);
/* Take the run out of everything and free it, now or when the store gives its operations back. */
void run_remove(struct run *run);

/* commit.c: settled results and changes of state go to the store, one transaction at a time. */
void commit_init(struct core *core);
void commit_add(struct run *run, const struct lane_event *done);
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
enum { COMMIT_PENDING_MANY = 50000, COMMIT_PENDING_BYTES = 64 << 20 };

/* claims.c: have a chunk worked on (its contents are taken), fetch more input when it runs low. */
void claims_open(struct run *run, struct stored_chunk *stored, const uint32_t *skip, size_t n_skip);
void claims_fetch(struct run *run);
/* One of its items is settled; may free the chunk. */
void claims_settle(struct run *run, struct open_chunk *c, const struct lane_event *done);
void claims_settle_invalid(
    struct run *run, struct open_chunk *c, const struct chunk_item *in, uint32_t index);
/* End the job when there should be more. */
void claims_check_end(struct open_chunk *c, const struct chunk_cursor *at);

/* items.c: the hooks of turns.c. */
bool items_begin(struct run *run);
bool items_begin_suspect(struct ring *ring);
void items_on_event(struct ring *ring, const struct lane_event *event);
void items_wake_suspects(struct run *run);

/* life.c: put the run where it belongs now, and on the agenda for when that changes; end it when
 * its deadline has passed. */
void life_update(struct run *run);
void life_begin(struct run *run); /* the same for a new one */
