/* The rooms that work on jobs as one: jobs, intake, schedules. Thread: loop. */
#pragma once

#include "jobs/jobs.h"
#include "jobs/opts.h"

/* Make a core and resume the jobs that had not ended. NULL: they can't be read, or the system
 * refuses a timer. */
struct core *core_new(const struct core_opts *opts);
void core_free(struct core *core); /* before the checker; after store_stop */

/* Change limits, and where flags are. Submissions that have begun keep those that they began with:
 * the old flag servers must live as long as the core. */
void core_set_limits(struct core *core, const struct core_opts *limits); /* nothing else of it */
void core_set_flag_servers(struct core *core, const struct flag_server *servers, size_t n_servers);

/* Begin no more items. `on_drained` is called, once, when all results are committed. */
void core_drain(struct core *core, loop_fn *on_drained, void *arg);
bool core_is_draining(const struct core *core);

size_t core_in_flight(const struct core *core); /* items begun and not settled */

/* Active jobs; and all live jobs, including those that are paused or wait for their time. */
size_t core_n_active(const struct core *core);
size_t core_n_live(const struct core *core);

/* Check whether the folder of downloads is in its place; core_has_folder returns the result. */
void core_look(const struct core *core);
bool core_has_folder(const struct core *core);

/* Open a saved file of a job for reading; -1 with errno. Thread: any; it blocks. */
int core_open_file(const struct core *core, const struct id *job, const char *name);
