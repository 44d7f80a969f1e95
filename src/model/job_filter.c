/* Filters of jobs. */
#include "model/job_filter.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void job_filter_done(struct job_filter *filter)
{
	free(filter->label);
	filter->label = NULL;
}

struct job_filter job_filter_copy(const struct job_filter *filter)
{
	struct job_filter copy = *filter;

	copy.label = filter->label != NULL ? xstrdup(filter->label) : NULL;
	return copy;
}

static bool fits_label(const char *wanted, const char *label)
{
	return wanted == NULL || (label != NULL && strcmp(wanted, label) == 0);
}

bool job_filter_fits(const struct job_filter *f, const struct job *job)
{
	return (!f->has_state || job->state == f->state) &&
	       (!f->has_kind || job->kind == f->kind) &&
	       (!f->has_paused || job->is_paused == f->is_paused) &&
	       fits_label(f->label, job->label) &&
	       (id_is_none(&f->schedule_id) ||
		   memcmp(&f->schedule_id, &job->schedule_id, sizeof(f->schedule_id)) == 0) &&
	       (f->created_before == 0 || job->created_at < f->created_before);
}
