/* How many names of each job RDAP was asked about, where that is limited. Thread: loop. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/id.h"

struct asked_jobs;

struct asked_jobs *asked_jobs_new(void);
void asked_jobs_free(struct asked_jobs *jobs);

/* Count a further name. False: the job already has `most`. */
bool asked_jobs_count(struct asked_jobs *jobs, const struct id *id, uint32_t most);
void asked_jobs_forget(struct asked_jobs *jobs, const struct id *id);
