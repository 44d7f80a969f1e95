/* The verbs of the product: jobs that live, and what may be done with them. The only folder that
 * knows both the engine and the store. Thread: loop. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "engine/engine.h"
#include "engine/fetch.h"
#include "loop/loop.h"
#include "loop/offload.h"
#include "model/job.h"
#include "model/recurrence.h"
#include "store/store.h"

struct callbacks;
struct core;
struct suspects;
struct run;

/* Where flags can be fetched from; jobs choose by label. */
struct flag_server {
	const char *label, *base_url; /* borrowed */
};

struct core_opts {
	struct loop *loop; /* all borrowed for the life of the core */
	struct engine *engine;
	struct fetcher *fetcher;
	struct store *store;
	struct offload *offload;
	struct suspects *suspects;
	struct callbacks *callbacks;            /* NULL: nobody is called */
	const char *folder;                     /* for temporary files */
	const struct flag_server *flag_servers; /* the first is the default */
	size_t n_flag_servers;
	uint64_t max_items;  /* of a job */
	uint32_t max_active; /* jobs worked on at one time; others wait as queued */
	usec_t retention;    /* how long ended jobs are kept; 0: for ever */
	uint64_t max_store;  /* bytes of the database above which the oldest of them go; 0: none */
	usec_t min_every;    /* of a schedule */
	uint32_t max_schedules; /* 0: none may be added */
	/* what schedules take for the time; NULL: the clocks */
	void (*read_clocks)(struct clocks *ret_now);
};

/* Make a core and take up the jobs that had not ended. NULL when they can't be read, or the system
 * refuses a timer. */
struct core *core_new(const struct core_opts *opts);
void core_free(struct core *core); /* before the engine; after store_stop */

/* Change limits, and where flags are. Submissions that have begun keep those that they began with:
 * the old flag servers must live as long as the core. */
void core_set_limits(struct core *core, uint64_t max_items, uint32_t max_active);
void core_set_retention(struct core *core, usec_t retention, uint64_t max_store);
void core_set_schedule_limits(struct core *core, usec_t min_every, uint32_t max_schedules);
void core_set_flag_servers(struct core *core, const struct flag_server *servers, size_t n_servers);

/* Begin no more items. `on_drained` is called, once, when all results are committed. */
void core_drain(struct core *core, loop_fn *on_drained, void *arg);
bool core_is_draining(const struct core *core);

size_t core_in_flight(const struct core *core); /* items begun and not settled */

/* Jobs that are worked on, and all that have not ended, those that are paused or wait for their
 * time too. */
size_t core_n_active(const struct core *core);
size_t core_n_live(const struct core *core);

/* Have it looked whether the folder of downloads is in its place; core_has_folder says so then. */
void core_look(const struct core *core);
bool core_has_folder(const struct core *core);

/* Open a saved file of a job for reading; -1 with errno. Thread: any; it blocks. */
int core_open_file(const struct core *core, const struct id *job, const char *name);

/* --- Jobs --- */

/* The job while it has not ended: as of its last commit. Borrowed until the loop's next turn; NULL
 * when there is no such job or it has ended (then the store knows it). */
const struct job *jobs_find(struct core *core, const struct id *id);

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
	struct run *run; /* NULL: not subscribed */
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
