/* A job as a value. */
#include "model/job.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"

static const char *const reason_names[JOB_N_REASONS] = {
    [JOB_REASON_DEADLINE] = "deadline", [JOB_REASON_INPUT_LOST] = "input_lost"};

const char *job_reason_name(enum job_reason reason)
{
	return reason_names[reason];
}

void job_done(struct job *job)
{
	free(job->label);
	free(job->callback_url);
	job->label = job->callback_url = NULL;
}

struct job job_copy(const struct job *job)
{
	struct job copy = *job;

	copy.label = job->label != NULL ? xstrdup(job->label) : NULL;
	copy.callback_url = job->callback_url != NULL ? xstrdup(job->callback_url) : NULL;
	return copy;
}

void job_set_state(struct job *job, enum job_state state, usec_t now)
{
	char id[ID_TEXT_SIZE];

	assert(job_state_may_move(job->state, state));
	id_format(&job->id, id);
	log_debug("job_state", "job=%s from=%s to=%s", id, job_state_name(job->state),
	    job_state_name(state));
	job->state = state;
	if (job->started_at == 0 && (state == JOB_RUNNING || state == JOB_DONE))
		job->started_at = now;
	if (job_state_is_ended(state)) {
		job->finished_at = now;
		job->is_paused = false;
	}
}

usec_t job_elapsed(const struct job *job, usec_t now)
{
	if (job->started_at == 0)
		return 0;
	usec_t end = job->finished_at != 0 ? job->finished_at : now;
	return end > job->started_at ? end - job->started_at : 0;
}

usec_t job_eta(const struct job *job)
{
	if (job_state_is_ended(job->state))
		return 0;
	if (job->completed >= job->total)
		return 0;
	if (job->rate <= 0)
		return -1;
	double left = (double)(job->total - job->completed) / job->rate * USEC_PER_SEC;
	return left < (double)CLOCK_WALL_MAX ? (usec_t)left : -1;
}

uint64_t job_failed(const struct job *job)
{
	return job->counts[ITEM_ERROR] + job->counts[ITEM_UNKNOWN];
}
