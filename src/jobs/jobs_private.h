/* Inside jobs: what its files offer each other. Each calls only those that stand above it here.
 * Calls in the other direction go through turn_hooks and live_events. Thread: loop. */
#pragma once

#include "jobs/context.h"

/* live.c: make a live job of a committed one and add it to the table. Takes what `job` owns. */
struct live_job *live_new(struct core *core, struct job *job);
struct live_job *live_find(struct core *core, const struct id *id); /* NULL: it isn't live */
/* Remove it from the table; it is freed when the store has returned its operations. */
void live_forget(struct live_job *live);
void live_op_done(struct live_job *live); /* the store returned an operation */
void live_tell(struct live_job *live);    /* tell the subscribers */
/* The only setter of next_state, which checks the move. */
void live_set_next(struct live_job *live, enum job_state state, enum job_reason reason);
struct item *item_new(struct live_job *live, struct open_chunk *c);
void item_free(struct item *item);
struct item *item_find(const struct core *core, uint64_t number); /* NULL: it was freed */
/* The lane of the job. */
struct ring *ring_of(const struct core *core, const struct job *job);
struct lane *lane_of(const struct core *core, const struct job *job);
struct lane *live_lane(const struct live_job *live);

/* turns.c: give active jobs turns while they have items to begin. */
void turns_init(struct core *core, const struct turn_hooks *hooks);
void turns_done(struct core *core);
void turns_add(struct live_job *live);                    /* a new one */
void turns_move(struct live_job *live, enum place place); /* the only setter of live->place */
void turns_wake(struct live_job *live); /* something changed that may let it begin items */
/* Handle the events of its lane now. Not in a hook. */
void turns_handle_events(struct live_job *live);
void turns_kick(struct core *core); /* look at all in the next turn */
size_t turns_in_flight(const struct core *core);

/* endings.c */
void live_stop_items(struct live_job *live);
/* Remove the job from all lists and free it, now or when the store has returned its operations. */
void live_remove(struct live_job *live);

/* commit.c: settled results and changes of state go to the store, one transaction at a time. */
void commit_init(struct core *core);
void commit_add(struct live_job *live, const struct lane_event *done);
/* ... and this of a chunk that it is of. */
void commit_add_progress(struct live_job *live, const struct chunk_progress *progress);
void commit_mark(struct live_job *live); /* there is something to commit */
/* Hand the settled results over now. */
void commit_results(struct live_job *live);
/* Fill `op` with the job's state, for its row and its schedule. */
void commit_describe(const struct live_job *live, struct store_op *op);
/* The end of the job is committed, as next_state has it: tell subscribers and remove the job. */
void live_finish(struct live_job *live, usec_t now);
/* The end was committed without the settled results: drop them, and their files. */
void live_drop_results(struct live_job *live);
/* No item begins while more settled results than this wait for the store. */
enum { COMMIT_PENDING_MANY = 50000, COMMIT_PENDING_BYTES = 64 << 20 };

/* claims.c: open a chunk (its contents are taken); fetch more input when it runs low. */
void claims_open(struct live_job *live, struct stored_chunk *stored);
void claims_fetch(struct live_job *live);
/* One of its items is settled; may free the chunk. */
void claims_settle(
    struct live_job *live, struct open_chunk *c, uint32_t index, const struct lane_event *done);
void claims_settle_invalid(
    struct live_job *live, struct open_chunk *c, const struct chunk_item *in, uint32_t index);
/* End the job when there should be more. */
void claims_check_end(struct open_chunk *c, const struct chunk_cursor *at);

/* items.c: the hooks of turns.c. */
bool items_begin(struct live_job *live);
bool items_begin_suspect(struct ring *ring);
void items_on_event(struct ring *ring, const struct lane_event *event);
void items_wake_suspects(struct live_job *live);
bool items_have_room(const struct live_job *live);
void items_begin_again(struct live_job *live, uint32_t index, uint32_t queue);

/* places.c: move the job to the place where it belongs now, and put it on the agenda for when that
 * changes. End it if its deadline has passed. */
void places_update(struct live_job *live);
void places_begin(struct live_job *live); /* the same for a new one */
