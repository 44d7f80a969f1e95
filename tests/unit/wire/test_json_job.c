/* Jobs as JSON. */
#include "../unit.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "wire/json_job.h"

#define NOON ((usec_t)1795348800123456)
#define ID   "0193fd1c-a9c0-7abc-8def-0123456789af"

static struct job make_job(enum job_state state)
{
	struct job job = {.state = JOB_QUEUED,
	    .total = 1000,
	    .completed = 250,
	    .counts = {200, 45, 5},
	    .created_at = NOON,
	    .rate = 125.25};

	if (!id_parse(ID, &job.id))
		abort();
	if (state != JOB_QUEUED)
		job_set_state(&job, JOB_RUNNING, NOON + USEC_PER_SEC);
	if (job_state_is_ended(state))
		job_set_state(&job, state, NOON + 3 * USEC_PER_SEC);
	return job;
}

static const struct {
	const char *name;
	enum job_state state;
} states[] = {{"golden/job-queued.json", JOB_QUEUED}, {"golden/job-running.json", JOB_RUNNING},
    {"golden/job-done.json", JOB_DONE}, {"golden/job-cancelled.json", JOB_CANCELLED}};

TEST(is_as_the_golden_file)
{
	struct job job = make_job(states[_i].state);
	struct buf b;

	buf_init(&b, 10000);
	if (job.state == JOB_QUEUED)
		job.rate = job.completed = 0;
	if (job.state == JOB_RUNNING) {
		job.label = xstrdup("my \"blog\" \xc3\xbc\xff");
		job.callback_url = xstrdup("https://hook.test/?a=\"b\"");
		job.params.priority = 9;
		job.is_paused = true;
		job.run_at = NOON - USEC_PER_SEC;
		job.deadline = NOON + 60 * USEC_PER_SEC;
		job.schedule_id = job.retry_of = job.id;
	}
	json_job_add(&b, &job, NOON + 2 * USEC_PER_SEC);
	buf_add_char(&b, '\n');
	unit_check_golden(states[_i].name, b.data, b.len);
	json_auto_t *root = json_loadb(b.data, b.len, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_ptr_nonnull(root);
	buf_done(&b);
	job_done(&job);
}

SUITE(json_job)
{
	ADD_ROWS(is_as_the_golden_file, states);
}
