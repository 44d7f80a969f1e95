/* A job as a value. */
#include "../unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "model/job.h"

enum { T0 = 1000000, T1 = 5000000 };

TEST(an_ended_job_stays_ended)
{
	struct job job = {.state = JOB_DONE};

	job_set_state(&job, JOB_RUNNING, T0);
}

TEST(a_job_cannot_move_to_where_it_is)
{
	struct job job = {.state = JOB_RUNNING};

	job_set_state(&job, JOB_RUNNING, T0);
}

static const struct {
	const char *name;
	enum job_state first, second; /* JOB_QUEUED: no second move */
	usec_t started, finished;
} moves[] = {
    {"cancelled before it began", JOB_CANCELLED, JOB_QUEUED, 0, T0},
    {"failed before it began", JOB_FAILED, JOB_QUEUED, 0, T0},
    {"done at once", JOB_DONE, JOB_QUEUED, T0, T0},
    {"running", JOB_RUNNING, JOB_QUEUED, T0, 0},
    {"ran and was cancelled", JOB_RUNNING, JOB_CANCELLED, T0, T1},
    {"ran and failed", JOB_RUNNING, JOB_FAILED, T0, T1},
    {"ran and is done", JOB_RUNNING, JOB_DONE, T0, T1},
};

TEST(notes_when_it_began_and_ended)
{
	struct job job = {.state = JOB_QUEUED};

	job_set_state(&job, moves[_i].first, T0);
	if (moves[_i].second != JOB_QUEUED)
		job_set_state(&job, moves[_i].second, T1);
	ck_assert_msg(job.started_at == moves[_i].started, "%s", moves[_i].name);
	ck_assert_msg(job.finished_at == moves[_i].finished, "%s", moves[_i].name);
}

TEST(moves_are_logged_at_debug)
{
	struct job job = {.state = JOB_QUEUED};

	log_setup(LOG_LEVEL_DEBUG, LOG_TEXT);
	unit_capture_begin();
	job_set_state(&job, JOB_RUNNING, T0);
	AUTO_FREE char *text = unit_capture_end();
	ck_assert_ptr_nonnull(strstr(text,
	    "level=debug event=job_state job=00000000-0000-0000-0000-000000000000 from=queued "
	    "to=running\n"));
}

static const struct {
	const char *name;
	usec_t started, finished, now, want;
} elapsed[] = {
    {"not begun", 0, 0, T1, 0},
    {"cancelled before it began", 0, T1, T1 + 5, 0},
    {"a clock that went back", T1, 0, T0, 0},
    {"ended before it began", T1, T0, T1, 0},
    {"running", T0, 0, T1, T1 - T0},
    {"ended", T0, T1, T1 + 99, T1 - T0},
};

TEST(tells_time_worked)
{
	struct job job = {.started_at = elapsed[_i].started, .finished_at = elapsed[_i].finished};

	ck_assert_msg(
	    job_elapsed(&job, elapsed[_i].now) == elapsed[_i].want, "%s", elapsed[_i].name);
}

static const struct {
	const char *name;
	enum job_state state;
	uint64_t total, completed;
	double rate;
	usec_t want;
} etas[] = {
    {"rate unknown", JOB_RUNNING, 100, 0, 0, -1},
    {"queued", JOB_QUEUED, 100, 0, 0, -1},
    {"a rate below nothing", JOB_RUNNING, 100, 0, -1, -1},
    {"more done than there is", JOB_RUNNING, 5, 6, 1, 0},
    {"ended", JOB_CANCELLED, 100, 1, 5, 0},
    {"a rate too low for any clock", JOB_RUNNING, 10000000, 0, 1e-9, -1},
    {"half done", JOB_RUNNING, 100, 50, 10, 5000000},
    {"all done, not ended yet", JOB_RUNNING, 100, 100, 10, 0},
    {"many", JOB_RUNNING, 10000000, 0, 0.1, 100000000000000},
};

TEST(tells_time_left)
{
	struct job job = {.state = etas[_i].state,
	    .total = etas[_i].total,
	    .completed = etas[_i].completed,
	    .rate = etas[_i].rate};

	usec_t eta = job_eta(&job);
	ck_assert_msg(eta == etas[_i].want, "%s: %lld", etas[_i].name, (long long)eta);
}

TEST(a_copy_is_its_own)
{
	struct job job = {.total = 7, .label = xstrdup("my blog")}, copy = job_copy(&job);

	ck_assert_ptr_ne(copy.label, job.label);
	ck_assert_str_eq(copy.label, "my blog");
	ck_assert_uint_eq(copy.total, 7);
	job_done(&job);
	ck_assert_ptr_null(job.label);
	job_done(&job);
	ck_assert_str_eq(copy.label, "my blog");
	job_done(&copy);
	copy = job_copy(&job);
	ck_assert_ptr_null(copy.label);
}

SUITE(job)
{
	ADD_ABORTING(an_ended_job_stays_ended);
	ADD_ABORTING(a_job_cannot_move_to_where_it_is);
	ADD_ROWS(notes_when_it_began_and_ended, moves);
	ADD(moves_are_logged_at_debug);
	ADD_ROWS(tells_time_worked, elapsed);
	ADD_ROWS(tells_time_left, etas);
	ADD(a_copy_is_its_own);
}
