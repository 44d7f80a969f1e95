/* When jobs may begin and must have ended, and what is paused: across crashes, commits that fail
 * and steps of the clock. */
#include "../unit.h"

#include "../../fake/alarm.h"
#include "bench.h"

static struct id submit_with(struct bench *b, const char *fields)
{
	char text[400];

	snprintf(text, sizeof(text),
	    "{\"kind\":\"domains\",\"names\":[\"a\",\"b\",\"c\"],\"tlds\":[\"test\"],%s}", fields);
	return bench_submit_json(b, text);
}

/* Submit with `field` (run_at, deadline) so many seconds away. */
static struct id submit_at(struct bench *b, const char *field, int seconds)
{
	char time[CLOCK_TEXT_SIZE], fields[80];

	clock_format(clock_wall() + seconds * USEC_PER_SEC, time);
	snprintf(fields, sizeof(fields), "\"%s\":\"%s\"", field, time);
	return submit_with(b, fields);
}

static const struct job *stored(const struct bench *b, size_t i)
{
	return &fake_store_job(b->store, i)->job;
}

static enum err last_err;
static unsigned n_calls;

static void on_done(enum err e, void *arg)
{
	(void)arg;
	last_err = e;
	n_calls++;
}

static void set_paused(struct bench *b, const struct id *id, bool is_paused)
{
	unsigned n = n_calls;

	ck_assert(jobs_pause(b->core, id, is_paused, on_done, NULL));
	ck_assert_uint_eq(n_calls, n);
	run_turns(b->loop, 10);
	ck_assert_uint_eq(n_calls, n + 1);
}

TEST(waits_for_its_time)
{
	struct bench b;

	bench_begin(&b, 10);
	struct id id = submit_at(&b, "run_at", 60);
	run_turns(b.loop, 20);
	ck_assert_uint_eq(fake_checks_n_started(b.checker), 0);
	ck_assert(jobs_find(b.core, &id)->state == JOB_QUEUED);
	ck_assert(core_n_active(b.core) == 0 && core_n_live(b.core) == 1);
	fake_alarm_move(61 * USEC_PER_SEC, false);
	bench_wait_started(&b, 3);
	fake_checks_answer_all(b.checker);
	bench_finish(&b, 0);
	bench_end(&b);
}

TEST(waits_on_after_a_crash)
{
	struct bench b;

	bench_begin(&b, 10);
	submit_at(&b, "run_at", 60);
	bench_crash(&b);
	run_turns(b.loop, 20);
	ck_assert_uint_eq(fake_checks_n_started(b.checker), 0);
	fake_alarm_move(61 * USEC_PER_SEC, false);
	bench_wait_started(&b, 3);
	/* set back: one that has begun goes on, also after another crash */
	fake_alarm_move(-3600 * USEC_PER_SEC, true);
	ck_assert(fake_checks_finish(b.checker, "a.test", ITEM_FOUND));
	bench_wait_results(&b, 0, 1);
	bench_crash(&b);
	fake_checks_answer_all(b.checker);
	bench_finish(&b, 0);
	bench_end(&b);
}

TEST(a_time_that_has_passed_is_now)
{
	struct bench b;

	bench_begin(&b, 10);
	fake_checks_answer_all(b.checker);
	submit_at(&b, "run_at", -60);
	bench_finish(&b, 0);
	bench_end(&b);
}

TEST(a_step_of_the_clock_begins_it)
{
	struct bench b;

	bench_begin(&b, 10);
	submit_at(&b, "run_at", 600);
	fake_alarm_move(3600 * USEC_PER_SEC, true);
	bench_wait_started(&b, 3);
	bench_end(&b);
}

TEST(cancelled_before_its_time)
{
	struct bench b;

	bench_begin(&b, 10);
	struct id id = submit_at(&b, "run_at", 60);
	bench_cancel(&b, &id);
	run_turns(b.loop, 10);
	ck_assert(stored(&b, 0)->state == JOB_CANCELLED && stored(&b, 0)->started_at == 0);
	fake_alarm_move(61 * USEC_PER_SEC, false);
	run_turns(b.loop, 10);
	ck_assert_uint_eq(fake_checks_n_started(b.checker), 0);
	bench_end(&b);
}

TEST(ends_at_its_deadline)
{
	struct bench b;

	bench_begin(&b, 2);
	submit_at(&b, "deadline", 60);
	bench_wait_started(&b, 2);
	ck_assert(fake_checks_finish(b.checker, "a.test", ITEM_FOUND));
	fake_alarm_move(61 * USEC_PER_SEC, false);
	run_turns(b.loop, 20);
	const struct job *job = stored(&b, 0);
	ck_assert(job->state == JOB_FAILED && job->reason == JOB_REASON_DEADLINE);
	ck_assert(job->completed == 1 && job->finished_at > 0 && job->started_at > 0);
	ck_assert_uint_eq(checker_in_flight(b.checker), 0);
	bench_end(&b);
}

TEST(passes_its_deadline_while_the_daemon_is_down)
{
	struct bench b;

	bench_begin(&b, 2);
	submit_at(&b, "deadline", 60);
	bench_wait_started(&b, 2);
	ck_assert(fake_checks_finish(b.checker, "a.test", ITEM_FOUND));
	bench_wait_results(&b, 0, 1);
	size_t n = fake_checks_n_started(b.checker);
	fake_alarm_move(61 * USEC_PER_SEC, false);
	bench_crash(&b);
	run_turns(b.loop, 20);
	ck_assert(stored(&b, 0)->state == JOB_FAILED);
	ck_assert(stored(&b, 0)->reason == JOB_REASON_DEADLINE && stored(&b, 0)->completed == 1);
	ck_assert_uint_eq(fake_checks_n_started(b.checker), n);
	bench_end(&b);
}

static void on_drained(void *arg)
{
	*(bool *)arg = true;
}

TEST(deadline_while_draining)
{
	struct bench b;
	bool is_drained = false;

	bench_begin(&b, 2);
	submit_at(&b, "deadline", 60);
	bench_wait_started(&b, 2);
	core_drain(b.core, on_drained, &is_drained);
	run_turns(b.loop, 10);
	ck_assert(!is_drained);
	fake_alarm_move(61 * USEC_PER_SEC, false);
	run_turns(b.loop, 20);
	ck_assert(is_drained && stored(&b, 0)->state == JOB_FAILED);
	bench_end(&b);
}

TEST(deadline_of_one_that_ends_just_now)
{
	struct bench b;

	bench_begin(&b, 3);
	submit_at(&b, "deadline", 60);
	bench_wait_started(&b, 3);
	fake_store_hold(b.store, true);
	while (fake_checks_finish(b.checker, NULL, ITEM_FOUND))
		;
	run_turns(b.loop, 10);
	fake_alarm_move(61 * USEC_PER_SEC, false);
	run_turns(b.loop, 10);
	fake_store_hold(b.store, false);
	bench_finish(&b, 0);
	ck_assert(stored(&b, 0)->reason == JOB_REASON_NONE);
	bench_end(&b);
}

TEST(deadline_counts_from_run_at)
{
	struct bench b;
	char time[CLOCK_TEXT_SIZE], fields[120];

	bench_begin(&b, 3);
	clock_format(clock_wall() + 60 * USEC_PER_SEC, time);
	snprintf(fields, sizeof(fields), "\"run_at\":\"%s\",\"deadline\":\"10s\"", time);
	submit_with(&b, fields);
	fake_alarm_move(61 * USEC_PER_SEC, false);
	bench_wait_started(&b, 3);
	run_turns(b.loop, 10);
	ck_assert(stored(&b, 0)->state == JOB_QUEUED); /* nothing was committed yet */
	fake_alarm_move(10 * USEC_PER_SEC, false);
	run_turns(b.loop, 10);
	ck_assert(stored(&b, 0)->state == JOB_FAILED);
	bench_end(&b);
}

TEST(a_deadline_before_its_begin_is_refused)
{
	struct bench b;
	char begin[CLOCK_TEXT_SIZE], end[CLOCK_TEXT_SIZE], text[200];

	bench_begin(&b, 3);
	clock_format(clock_wall() + 60 * USEC_PER_SEC, begin);
	clock_format(clock_wall() + 59 * USEC_PER_SEC, end);
	snprintf(text, sizeof(text),
	    "{\"kind\":\"domains\",\"domains\":[\"a.test\"],\"run_at\":\"%s\",\"deadline\":\"%s\"}",
	    begin, end);
	struct outcome o = bench_submit(&b, BODY_JSON, text, NULL, NULL);
	ck_assert(o.status == 422 && !o.has_job);
	ck_assert_str_eq(o.pointer, "/deadline");
	o = bench_submit(&b, BODY_JSON,
	    "{\"kind\":\"domains\",\"domains\":[\"a.test\"],\"deadline\":\"2020-01-01T00:00:00Z\"}",
	    NULL, NULL);
	ck_assert(o.status == 422 && !o.has_job);
	bench_end(&b);
}

TEST(paused_begins_nothing_and_finishes_what_is_in_flight)
{
	struct bench b;

	bench_begin(&b, 2);
	struct id id = bench_submit_many(&b, "n", 50);
	bench_wait_started(&b, 2);
	set_paused(&b, &id, true);
	ck_assert_int_eq(last_err, OK);
	ck_assert(jobs_find(b.core, &id)->is_paused && stored(&b, 0)->is_paused);
	ck_assert_uint_eq(core_n_active(b.core), 0);
	ck_assert(fake_checks_finish(b.checker, "n0.test", ITEM_FOUND));
	ck_assert(fake_checks_finish(b.checker, "n1.test", ITEM_FOUND));
	run_turns(b.loop, 20);
	ck_assert_uint_eq(fake_checks_n_started(b.checker), 2);
	ck_assert_uint_eq(stored(&b, 0)->completed, 2);
	set_paused(&b, &id, true); /* again: it stays so */
	set_paused(&b, &id, false);
	ck_assert(!jobs_find(b.core, &id)->is_paused && !stored(&b, 0)->is_paused);
	fake_checks_answer_all(b.checker);
	bench_finish(&b, 0);
	ck_assert(!jobs_pause(b.core, &id, true, on_done, NULL));
	bench_end(&b);
}

TEST(paused_before_it_began_and_across_crashes)
{
	struct bench b;

	bench_begin(&b, 2);
	struct id id = submit_at(&b, "run_at", 60);
	set_paused(&b, &id, true);
	bench_crash(&b);
	fake_alarm_move(61 * USEC_PER_SEC, false);
	run_turns(b.loop, 20);
	ck_assert_uint_eq(fake_checks_n_started(b.checker), 0);
	ck_assert(jobs_find(b.core, &id)->is_paused);
	bench_crash(&b);
	fake_checks_answer_all(b.checker);
	set_paused(&b, &id, false);
	bench_finish(&b, 0);
	bench_end(&b);
}

TEST(paused_in_the_middle_of_a_long_list_across_a_crash)
{
	struct bench b;

	bench_begin(&b, 100);
	struct id id = bench_submit_many(&b, "n", 9000);
	fake_checks_answer_all(b.checker);
	bench_wait_results(&b, 0, 100);
	set_paused(&b, &id, true);
	run_turns(b.loop, 50);
	size_t n = fake_checks_n_started(b.checker);
	bench_crash(&b);
	run_turns(b.loop, 50);
	ck_assert_uint_eq(fake_checks_n_started(b.checker), n);
	set_paused(&b, &id, false);
	bench_finish(&b, 0);
	bench_end(&b);
}

static const struct {
	const char *name;
	bool is_paused; /* before, and after what failed */
} failures[] = {{"to pause", false}, {"to resume", true}};

TEST(a_pause_that_is_not_committed_changes_nothing)
{
	bool is_paused = failures[_i].is_paused;
	struct bench b;

	bench_begin(&b, 2);
	struct id id = bench_submit_many(&b, "n", 50);
	bench_wait_started(&b, 2);
	set_paused(&b, &id, is_paused);
	fake_store_fail_writes(b.store, ERR_FULL);
	set_paused(&b, &id, !is_paused);
	ck_assert_int_eq(last_err, ERR_FULL);
	fake_store_fail_writes(b.store, OK);
	ck_assert_msg(jobs_find(b.core, &id)->is_paused == is_paused, "%s", failures[_i].name);
	fake_checks_answer_all(b.checker);
	if (is_paused)
		set_paused(&b, &id, false);
	bench_finish(&b, 0);
	bench_end(&b);
}

TEST(the_last_of_several_pauses_counts)
{
	struct bench b;

	bench_begin(&b, 2);
	struct id id = bench_submit_many(&b, "n", 50);
	bench_wait_started(&b, 2);
	fake_store_hold(b.store, true);
	ck_assert(jobs_pause(b.core, &id, true, on_done, NULL));
	ck_assert(jobs_pause(b.core, &id, false, on_done, NULL));
	ck_assert(jobs_pause(b.core, &id, true, on_done, NULL));
	fake_store_release(b.store, 2);
	ck_assert_uint_eq(core_n_active(b.core), 0); /* it doesn't begin in between */
	fake_store_release(b.store, 1);
	ck_assert(jobs_find(b.core, &id)->is_paused && n_calls == 3);
	fake_store_hold(b.store, false);
	bench_end(&b);
}

TEST(a_pause_comes_too_late_for_one_that_ends)
{
	struct bench b;

	bench_begin(&b, 3);
	struct id id = bench_submit_many(&b, "n", 3);
	bench_wait_started(&b, 3);
	fake_store_hold(b.store, true);
	while (fake_checks_finish(b.checker, NULL, ITEM_FOUND))
		;
	ck_assert(jobs_pause(b.core, &id, true, on_done, NULL)); /* the end is not begun yet */
	run_turns(b.loop, 10);
	fake_store_hold(b.store, false);
	bench_finish(&b, 0);
	ck_assert(n_calls == 1 && !stored(&b, 0)->is_paused);
	bench_end(&b);
}

TEST(paused_and_then_cancelled_deleted_or_late)
{
	struct bench b;

	bench_begin(&b, 10);
	struct id cancelled = submit_with(&b, "\"label\":\"c\"");
	struct id deleted = submit_with(&b, "\"label\":\"d\"");
	struct id late = submit_at(&b, "deadline", 60);
	set_paused(&b, &cancelled, true);
	set_paused(&b, &deleted, true);
	set_paused(&b, &late, true);
	bench_cancel(&b, &cancelled);
	jobs_delete(b.core, jobs_find(b.core, &deleted), on_done, NULL);
	fake_alarm_move(61 * USEC_PER_SEC, false);
	run_turns(b.loop, 20);
	ck_assert(stored(&b, 0)->state == JOB_CANCELLED && !stored(&b, 0)->is_paused);
	ck_assert(fake_store_job(b.store, 1)->is_deleted);
	ck_assert(stored(&b, 2)->state == JOB_FAILED && !stored(&b, 2)->is_paused);
	ck_assert_uint_eq(core_n_live(b.core), 0);
	bench_end(&b);
}

TEST(a_paused_job_leaves_its_place_to_others)
{
	struct bench b;

	bench_begin(&b, 100);
	b.opts.max_active = 1;
	core_set_limits(b.core, &b.opts);
	struct id first = bench_submit_many(&b, "n", 500);
	bench_wait_started(&b, 100);
	bench_submit_many(&b, "other", 10);
	fake_checks_set_room(b.checker, 200);
	bench_wait_started(&b, 200);
	ck_assert_int_eq(fake_checks_name(b.checker, 199)[0], 'n');
	set_paused(&b, &first, true);
	fake_checks_answer_all(b.checker);
	bench_finish(&b, 1);
	set_paused(&b, &first, false);
	bench_finish(&b, 0);
	bench_end(&b);
}

SUITE(life)
{
	ADD(waits_for_its_time);
	ADD(waits_on_after_a_crash);
	ADD(a_time_that_has_passed_is_now);
	ADD(a_step_of_the_clock_begins_it);
	ADD(cancelled_before_its_time);
	ADD(ends_at_its_deadline);
	ADD(passes_its_deadline_while_the_daemon_is_down);
	ADD(deadline_while_draining);
	ADD(deadline_of_one_that_ends_just_now);
	ADD(deadline_counts_from_run_at);
	ADD(a_deadline_before_its_begin_is_refused);
	ADD(paused_begins_nothing_and_finishes_what_is_in_flight);
	ADD(paused_before_it_began_and_across_crashes);
	ADD(paused_in_the_middle_of_a_long_list_across_a_crash);
	ADD_ROWS(a_pause_that_is_not_committed_changes_nothing, failures);
	ADD(the_last_of_several_pauses_counts);
	ADD(a_pause_comes_too_late_for_one_that_ends);
	ADD(paused_and_then_cancelled_deleted_or_late);
	ADD(a_paused_job_leaves_its_place_to_others);
}
