/* A lane carries out the items of some kinds of jobs. The rest of this room sees every engine
 * through it, and only values cross: a request is copied before lane_start returns, and results
 * come back as packed records that lane_take collects. A lane calls nothing but on_event, which may
 * only note that lane_take or lane_room is worth a call. An engine could therefore run in another
 * thread or process.
 *
 * A new lane is one file with its struct lane_ops, and one row in LANES. Thread: loop. */
#pragma once

#include "base/buf.h"
#include "base/id.h"
#include "model/result.h"
#include "model/spec.h"

struct core_opts;
struct lane;
struct lane_item;

struct lane_request {
	uint64_t item; /* its number, unique among the items in flight; the low half is small */
	struct id job;
	enum job_check check;            /* of a job that checks names */
	const struct job_params *params; /* of the job; borrowed for the call */
	uint32_t index;                  /* place in the job; copied into the result */
	bool was_parked;                 /* it is not parked again */
	const char *text;                /* as a chunk has it; borrowed for the call */
	size_t len;
};

enum lane_event_type {
	LANE_RECEIVED, /* only saving is left; at most once, before LANE_DONE */
	LANE_PARKED,   /* nothing is under way any more: start it anew when its queue has room */
	LANE_DONE
};

struct lane_event {
	uint64_t item;
	struct id job;
	enum lane_event_type type;
	uint32_t queue;          /* of LANE_PARKED */
	enum item_status status; /* of LANE_DONE, and what follows */
	enum reason reason;
	size_t n_record;
	const char *record; /* packed (wire/record.h); borrowed from the buffer of lane_take */
};

/* What an engine and its items are like, for the lane and for this room. */
struct lane_ops {
	const char *name;
	unsigned kinds;           /* of jobs: 1 << enum job_kind */
	unsigned checks;          /* ... and of these: 1 << enum job_check */
	uint32_t concurrency;     /* of a job that doesn't say; 0: no limit */
	enum reason invalid_item; /* the result of an item that can't be begun */
	bool is_file;             /* of results (struct result) */
	bool keeps_failed;        /* a retry needs the chunks of failed items */
	void *(*engine_of)(const struct core_opts *opts);
	size_t (*room)(void *engine);
	void (*set_on_room)(void *engine, void (*on_room)(void *arg), void *arg);
	/* Whether an item of a job may start, if there is room. NULL: always. */
	bool (*takes)(void *engine, const struct job_params *params);
	/* Start an item and return a handle for `cancel`. The engine calls lane_item_received and
	 * lane_item_done with `item`, never before this returned. */
	void *(*start)(void *engine, const struct lane_request *request, struct lane_item *item);
	void (*cancel)(void *work);
	/* Undo what a result left behind that nobody wants. NULL: nothing is left. */
	void (*discard)(void *engine, const struct id *job, const struct result *result);
	void (*remove_job)(void *engine, const struct id *job); /* likewise, of all its results */
	/* How many parked items of a queue may be in flight. NULL: no item is ever parked. */
	size_t (*queue_most)(void *engine, uint32_t queue);
};

/* The table: one row a lane. */
#define LANES(X) X(dns) X(servers) X(files) X(registration)

enum lane_row {
#define X(name) LANE_##name,
	LANES(X)
#undef X
	    N_LANES
};

#define X(name) const struct lane_ops *lane_##name(void);
LANES(X)
#undef X

/* Make a lane with these ops, which are static. Its engine outlives it. */
struct lane *lane_new(const struct lane_ops *ops, const struct core_opts *opts);
void lane_free(struct lane *lane); /* nothing may be in flight */
const struct lane_ops *lane_ops(const struct lane *lane);
/* Call `on_event` when there are events, or room. */
void lane_set_on_event(struct lane *lane, void (*on_event)(void *arg), void *arg);
/* Items that may be started now. 0 may be returned although none is in flight: on_event tells when
 * to ask again. */
size_t lane_room(struct lane *lane);
size_t lane_queue_most(struct lane *lane, uint32_t queue);           /* see lane_ops */
bool lane_takes(struct lane *lane, const struct job_params *params); /* likewise */

/* Start an item. There must be room. */
void lane_start(struct lane *lane, const struct lane_request *request);

/* Stop an item. Its last events may be taken already or wait to be: pass those to lane_discard. */
void lane_cancel(struct lane *lane, uint64_t item);

size_t lane_in_flight(const struct lane *lane); /* items started whose last event is not taken */

/* Move all events into `events`, whose contents are dropped. Read them by lane_next, from offset 0
 * on. */
void lane_take(struct lane *lane, struct buf *events);
bool lane_next(const struct buf *events, size_t *offset, struct lane_event *ret_event);
/* The event's item was cancelled. */
void lane_discard(struct lane *lane, const struct lane_event *event);
/* Discard results that were taken, as a block of packed records. */
void lane_discard_block(struct lane *lane, const struct id *job, const struct buf *block);
/* The job is removed: discard all its results. */
void lane_remove_job(struct lane *lane, const struct id *job);
/* For the engines' callbacks. */
void lane_item_received(struct lane_item *item);
void lane_item_done(struct lane_item *item, const struct result *result);
/* In place of lane_item_done: the item, of which nothing is left, has to wait for the queue. */
void lane_item_parked(struct lane_item *item, uint32_t queue);
