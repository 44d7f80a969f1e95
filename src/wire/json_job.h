/* Jobs to JSON, and back for asyncprobectl. Thread: any. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "model/job.h"

/* Add the job as a JSON object, as it is at wall time `now`. */
void json_job_add(struct buf *b, const struct job *job, usec_t now);

/* Read a job from JSON text: id, kind, check, state, label, total, completed, counts and rate;
 * times stay 0. The caller ends *ret_job with job_done. False when the text is no job. */
bool json_job_parse(const char *text, size_t len, struct job *ret_job);

/* Read {"jobs":[...],"next":...}: `on_job` is called for each, in order. *ret_next is new text or
 * NULL. False when the text is no list of jobs. */
typedef void json_job_fn(const struct job *job, void *arg);
bool json_job_parse_list(
    const char *text, size_t len, json_job_fn *on_job, void *arg, char **ret_next);
