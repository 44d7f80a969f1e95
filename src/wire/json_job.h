/* Jobs to JSON. Thread: any. */
#pragma once

#include "base/buf.h"
#include "model/job.h"

/* Add the job as a JSON object, as it is at wall time `now`. */
void json_job_add(struct buf *b, const struct job *job, usec_t now);
