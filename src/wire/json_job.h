/* Jobs to JSON. Thread: any. */
#pragma once

#include "base/buf.h"
#include "model/job.h"

struct registry_wait;

/* Add the member "waiting_for", with a comma before it. */
void json_waits_add(struct buf *b, const struct registry_wait *waits, size_t n);

/* Add the job as a JSON object, as it is at wall time `now`. */
void json_job_add(struct buf *b, const struct job *job, usec_t now);
