/* Cancel or delete all jobs that fit a filter, a slice at a time: however many there are, neither
 * the loop nor the store is held up. Jobs queued after its begin are not touched. Thread: loop. */
#pragma once

#include "jobs/jobs.h"
#include "model/job_filter.h"

enum bulk_verb { BULK_CANCEL, BULK_DELETE };

/* `n_jobs` were cancelled or deleted, all that is committed. ERR_FULL, ERR_READ_ONLY, ERR_IO: the
 * store can't, and the rest was given up: other jobs are as before; ERR_BUSY: the core ends. */
typedef void bulk_fn(enum err e, uint64_t n_jobs, void *arg);

/* `filter` is copied; on_done is called once, never before this returned. Jobs that have ended are
 * not cancelled and not counted then. */
void bulk_start(struct core *core, enum bulk_verb verb, const struct job_filter *filter,
    bulk_fn *on_done, void *arg);
