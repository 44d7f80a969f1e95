/* Which jobs are meant. Thread: any (one at a time). */
#pragma once

#include <stdbool.h>

#include "model/job.h"

struct job_filter {
	bool has_state, has_kind, has_paused, is_paused;
	enum job_state state;
	enum job_kind kind;
	char *label;           /* owned; NULL: any or none */
	struct id schedule_id; /* zero: any or none */
	usec_t created_before; /* wall; 0: any time */
};

void job_filter_done(struct job_filter *filter); /* frees the members; may be zeroed */
struct job_filter job_filter_copy(const struct job_filter *filter);

bool job_filter_fits(const struct job_filter *filter, const struct job *job);
