/* Which jobs go, when, and in what slices: by a clock of the test's own. */
#include "../unit.h"

#include <stdlib.h>

#include "../../fake/runner.h"
#include "../../fake/store.h"
#include "base/log.h"
#include "base/metrics.h"
#include "jobs/retention.h"

#define MINUTE (60 * USEC_PER_SEC)
#define NOON   ((usec_t)1795348800000000)
#define MEGA   ((uint64_t)1000000)

static usec_t now;

static usec_t wall(void)
{
	return now;
}

struct place {
	struct loop *loop;
	struct store *store;
	struct retention *retention;
	unsigned n_jobs, n_files, n_states[JOB_N_STATES];
};

static void on_retired(const struct retired_job *job, void *arg)
{
	struct place *p = arg;

	p->n_jobs++;
	p->n_files += job_kind_is_files(job->kind);
	p->n_states[job->state]++;
}

static void begin(struct place *p)
{
	log_setup(LOG_LEVEL_ERROR, LOG_TEXT);
	now = NOON;
	*p = (struct place){.loop = loop_new()};
	p->store = fake_store_new(p->loop);
	const struct retention_opts opts = {
	    .loop = p->loop, .store = p->store, .wall = wall, .on_retired = on_retired, .arg = p};
	p->retention = retention_new(&opts);
}

static void end(struct place *p)
{
	retention_stop(p->retention);
	fake_store_crash(p->store);
	retention_free(p->retention);
	store_free(p->store);
	loop_free(p->loop);
	metrics_done();
}

static void add_job(struct place *p, enum job_state state, enum job_kind kind, usec_t finished_at)
{
	fake_store_add_ended(p->store, &(struct job){.id = id_new(finished_at),
					   .state = state,
					   .kind = kind,
					   .finished_at = finished_at});
}

static bool has_asked(void *arg)
{
	return fake_store_n_done(((struct place *)arg)->store, STORE_RETIRE) > 0;
}

static void wait_asked(struct place *p)
{
	run_until(p->loop, has_asked, p, "a look");
	run_turns(p->loop, 20);
}

TEST(those_of_age_go)
{
	struct place p;

	begin(&p);
	add_job(&p, JOB_DONE, KIND_DOMAINS, NOON - 60 * MINUTE - 1);
	add_job(&p, JOB_CANCELLED, KIND_DOWNLOADS, NOON - 61 * MINUTE);
	add_job(&p, JOB_DONE, KIND_DOMAINS, NOON - 60 * MINUTE);
	add_job(&p, JOB_FAILED, KIND_DOMAINS, NOON - MINUTE);
	add_job(&p, JOB_RUNNING, KIND_DOMAINS, 0);
	retention_set(p.retention, 60 * MINUTE, 0);
	ck_assert_uint_eq(fake_store_n_waiting(p.store, STORE_RETIRE), 0); /* not at once */
	wait_asked(&p);
	ck_assert_uint_eq(p.n_jobs, 2);
	ck_assert_uint_eq(p.n_files, 1);
	ck_assert(p.n_states[JOB_DONE] == 1 && p.n_states[JOB_CANCELLED] == 1);
	ck_assert(metric_value(metrics_cell(METRIC_RETENTION_JOBS, "age")) == 2);
	ck_assert(metric_value(metrics_cell(METRIC_RETENTION_JOBS, "size")) == 0);
	ck_assert_uint_eq(fake_store_n_done(p.store, STORE_RETIRE), 1);
	end(&p);
}

TEST(many_go_in_slices)
{
	struct place p;

	begin(&p);
	for (int i = 0; i < 250; i++)
		add_job(&p, JOB_DONE, KIND_DOMAINS, NOON - 2 * MINUTE - i);
	retention_set(p.retention, MINUTE, 0);
	wait_asked(&p);
	ck_assert_uint_eq(p.n_jobs, 250);
	ck_assert_uint_eq(fake_store_n_done(p.store, STORE_RETIRE), 3);
	end(&p);
}

static bool is_asked_twice(void *arg)
{
	return fake_store_n_done(((struct place *)arg)->store, STORE_RETIRE) > 1;
}

TEST(a_short_age_is_looked_at_again_soon)
{
	struct place p;

	begin(&p);
	add_job(&p, JOB_DONE, KIND_DOMAINS, NOON);
	retention_set(p.retention, USEC_PER_SEC, 0);
	wait_asked(&p);
	ck_assert_uint_eq(p.n_jobs, 0);
	now += USEC_PER_SEC + 1;
	run_until(p.loop, is_asked_twice, &p, "the second look");
	ck_assert_uint_eq(p.n_jobs, 1);
	end(&p);
}

TEST(nothing_is_asked_without_limits)
{
	struct place p;

	begin(&p);
	add_job(&p, JOB_DONE, KIND_DOMAINS, 1);
	fake_store_set_size(p.store, 1 << 30, false);
	retention_set(p.retention, MINUTE, MEGA);
	retention_set(p.retention, 0, 0);
	retention_grew(p.retention, 1 << 30);
	loop_turn(p.loop);
	run_for(p.loop, 1500 * USEC_PER_MSEC);
	ck_assert_uint_eq(fake_store_n_done(p.store, STORE_RETIRE), 0);
	end(&p);
}

static bool is_waiting(void *arg)
{
	return fake_store_n_waiting(((struct place *)arg)->store, STORE_RETIRE) > 0;
}

/* Answer the next question; the database is as big as `used` then. */
static void answer(struct place *p, uint64_t used, bool has_chores)
{
	run_until(p->loop, is_waiting, p, "a question");
	fake_store_set_size(p->store, used, has_chores);
	fake_store_release(p->store, 1);
}

static void begin_big(struct place *p, int n_jobs)
{
	begin(p);
	for (int i = 0; i < n_jobs; i++)
		add_job(p, JOB_DONE, KIND_DOMAINS, NOON - i * MINUTE);
	fake_store_set_size(p->store, 100 * MEGA, false);
	fake_store_hold(p->store, true);
	retention_set(p->retention, 0, 80 * MEGA);
}

/* Of 100 MB, 28 must go for nine tenths of 80; those jobs turn out to have had less. */
TEST(the_oldest_go_when_it_is_too_big)
{
	struct place p;

	begin_big(&p, 100);
	answer(&p, 100 * MEGA, true);
	ck_assert_uint_eq(p.n_jobs, 28);
	for (size_t i = 0; i < 100; i++)
		ck_assert(fake_store_job(p.store, i)->is_deleted == (i >= 72));
	run_turns(p.loop, 20); /* before they are swept it can't be told what is left to do */
	ck_assert(!is_waiting(&p));
	fake_store_set_size(p.store, 76 * MEGA, false);
	answer(&p, 72 * MEGA, false);
	ck_assert_uint_eq(p.n_jobs, 32);
	run_turns(p.loop, 20);
	ck_assert(!is_waiting(&p));
	ck_assert(metric_value(metrics_cell(METRIC_RETENTION_JOBS, "size")) == 32);
	end(&p);
}

TEST(it_gives_up_when_only_live_jobs_are_left)
{
	struct place p;

	begin_big(&p, 5);
	answer(&p, 100 * MEGA, false);
	ck_assert_uint_eq(p.n_jobs, 5);
	answer(&p, 100 * MEGA, false);
	run_turns(p.loop, 20);
	ck_assert(!is_waiting(&p));
	end(&p);
}

/* What came in since the last look is a reason for the next. */
TEST(growth_is_looked_at_soon)
{
	struct place p;

	begin_big(&p, 3);
	fake_store_set_size(p.store, 80 * MEGA, false);
	run_for(p.loop, 1500 * USEC_PER_MSEC); /* the first look finds that all is well */
	ck_assert(!is_waiting(&p));
	fake_store_set_size(p.store, 85 * MEGA, false);
	retention_grew(p.retention, 3 * MEGA);
	run_turns(p.loop, 20);
	retention_grew(p.retention, 2 * MEGA);
	answer(&p, 70 * MEGA, false);
	ck_assert_uint_eq(p.n_jobs, 3);
	end(&p);
}

/* A store that can't be written is asked again later, not again and again. */
TEST(a_failure_waits)
{
	struct place p;

	begin(&p);
	add_job(&p, JOB_DONE, KIND_DOMAINS, NOON - 10 * MINUTE);
	fake_store_hold(p.store, true);
	fake_store_fail_writes(p.store, ERR_FULL);
	retention_set(p.retention, 2 * USEC_PER_SEC, 0);
	answer(&p, 0, false);
	ck_assert_uint_eq(p.n_jobs, 0);
	run_turns(p.loop, 20);
	ck_assert(!is_waiting(&p));
	fake_store_fail_writes(p.store, OK);
	answer(&p, 0, false);
	ck_assert_uint_eq(p.n_jobs, 1);
	end(&p);
}

SUITE(retention)
{
	ADD(those_of_age_go);
	ADD(many_go_in_slices);
	ADD(a_short_age_is_looked_at_again_soon);
	ADD(nothing_is_asked_without_limits);
	ADD(the_oldest_go_when_it_is_too_big);
	ADD(it_gives_up_when_only_live_jobs_are_left);
	ADD(growth_is_looked_at_soon);
	ADD(a_failure_waits);
}
