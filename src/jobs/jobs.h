/* Jobs that live, and what may be done with them. Thread: loop. */
#pragma once

#include <stdbool.h>
#include <sys/queue.h>

#include "base/err.h"
#include "model/job.h"

struct core;
struct live_job;

/* The job while it has not ended: as of its last commit. Borrowed until the loop's next turn; NULL
 * when there is no such job or it has ended (then the store knows it). */
const struct job *jobs_find(struct core *core, const struct id *id);

/* What a live job waits for: at most `most` of the hosts of registries that it has names for.
 * Returns how many. */
struct registry_wait;
size_t jobs_list_waits(
    struct core *core, const struct id *id, struct registry_wait *ret_waits, size_t most);

typedef void jobs_fn(enum err e, void *arg);

/* End a live job: what is done stays. `on_done` is called once, never before the call returned,
 * with the job as it is then (NULL on an error). ERR_NOT_FOUND: it ended meanwhile, or was deleted;
 * ERR_FULL, ERR_READ_ONLY, ERR_IO: the store can't, and the job goes on as before. False, and no
 * call, when it isn't live. */
typedef void jobs_cancel_fn(enum err e, const struct job *job, void *arg);
bool jobs_cancel(struct core *core, const struct id *id, jobs_cancel_fn *on_done, void *arg);

/* Forget a job, live or ended. ERR_NOT_FOUND: it was deleted before; ERR_FULL, ERR_READ_ONLY,
 * ERR_IO: the store can't, and nothing has changed. */
void jobs_delete(struct core *core, const struct job *job, jobs_fn *on_done, void *arg);

/* Have a live job begin no more items from now on, or go on; `on_done` is called when that is
 * committed, never before the call returned. What is in flight finishes. ERR_NOT_FOUND: it ended
 * meanwhile; ERR_FULL, ERR_READ_ONLY, ERR_IO: the store can't, and nothing has changed. False, and
 * no call, when it isn't live or ends just now. */
bool jobs_pause(
    struct core *core, const struct id *id, bool is_paused, jobs_fn *on_done, void *arg);

/* --- Events --- */

/* Someone who wants to know when a live job has changed: results committed, or its state. Embedded
 * in its owner. */
struct subscription {
	LIST_ENTRY(subscription) link;
	struct live_job *live; /* NULL: not subscribed */
	/* `job` is as it is now; when it has ended the subscription is over when the call
	 * returns. NULL: the core goes away, and the subscription is over. The callback may
	 * unsubscribe itself, but no other. */
	void (*on_change)(const struct job *job, void *arg);
	void *arg;
};

/* False when the job is not live. */
bool events_subscribe(struct core *core, const struct id *id, struct subscription *s,
    void (*on_change)(const struct job *job, void *arg), void *arg);
void events_unsubscribe(struct subscription *s); /* a zeroed one is fine */
