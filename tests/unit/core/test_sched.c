/* From waiting items to committed results: fairness, limits, commits, cancelling. */
#include "../unit.h"

#include "bench.h"

enum { BIG = 100000, SMALL = 18 };

static size_t count_started(const struct bench *b, size_t from, const char *prefix)
{
	size_t n = 0;

	for (size_t i = from; i < fake_checks_n_started(b->checker); i++)
		n += strncmp(fake_checks_name(b->checker, i), prefix, strlen(prefix)) == 0;
	return n;
}

/* End the checks of n<from>.test and so on. */
static void finish_some(struct bench *b, int from, int to)
{
	char name[64];

	for (int i = from; i < to; i++) {
		snprintf(name, sizeof(name), "n%d.test", i);
		ck_assert_msg(fake_checks_finish(b->checker, name, ITEM_NOT_FOUND), "%s", name);
	}
}

TEST(a_short_job_does_not_wait_behind_a_long_one)
{
	struct bench b;

	bench_begin(&b, 64);
	bench_submit_many(&b, "long", BIG);
	bench_wait_started(&b, 64);
	fake_checks_answer_all(b.checker);
	bench_wait_started(&b, 500);
	bench_submit_many(&b, "short", SMALL);
	bench_finish(&b, 1);
	ck_assert_uint_lt(fake_store_job(b.store, 0)->n_results, 2000);
	/* they began by turns: not many of the other's between the first and the last */
	size_t i = 0, n_long = 0;
	while (fake_checks_name(b.checker, i)[0] == 'l')
		i++;
	for (size_t n = 0; n < SMALL; i++) {
		bool is_short = fake_checks_name(b.checker, i)[0] == 's';
		n += is_short;
		n_long += !is_short;
	}
	ck_assert_msg(n_long <= SMALL + 4, "%zu others came between", n_long);
	bench_end(&b);
}

TEST(a_long_list_is_answered_whole)
{
	struct bench b;

	bench_begin(&b, 300);
	fake_checks_answer_all(b.checker);
	bench_submit_many(&b, "n", 20500);
	bench_finish(&b, 0);
	bench_end(&b);
}

TEST(many_jobs_share_and_wait)
{
	struct bench b;

	bench_begin(&b, 4);
	for (int i = 0; i < 12; i++)
		bench_submit_json(
		    &b, "{\"kind\":\"domains\",\"domains\":[\"a.test\",\"b.test\",\"c.test\"]}");
	run_turns(b.loop, 5);
	const struct fake_job *last = fake_store_job(b.store, 11);
	ck_assert(jobs_find(b.core, &last->job.id)->state == JOB_QUEUED);
	fake_checks_answer_all(b.checker);
	for (size_t i = 0; i < 12; i++)
		bench_finish(&b, i);
	bench_end(&b);
}

TEST(concurrency_of_a_job_is_kept)
{
	struct bench b;

	bench_begin(&b, 100);
	bench_submit_json(&b, "{\"kind\":\"domains\",\"names\":[\"a\",\"b\",\"c\",\"d\",\"e\","
			      "\"f\"],\"tlds\":[\"test\"],"
			      "\"concurrency\":2,\"timeout_ms\":70,\"attempts\":5}");
	bench_submit_json(&b, "{\"kind\":\"domains\",\"domains\":[\"other.test\"]}");
	bench_wait_started(&b, 3);
	run_turns(b.loop, 20);
	ck_assert_uint_eq(fake_checks_n_started(b.checker), 3);
	ck_assert_uint_eq(count_started(&b, 0, "other"), 1);
	ck_assert(fake_checks_finish(b.checker, "a.test", ITEM_FOUND));
	run_turns(b.loop, 20);
	ck_assert_uint_eq(checker_in_flight(b.checker), 3);
	ck_assert_uint_eq(fake_checks_n_started(b.checker), 4);
	ck_assert(fake_checks_last(b.checker)->timeout == 70 * USEC_PER_MSEC);
	ck_assert_uint_eq(fake_checks_last(b.checker)->attempts, 5);
	fake_checks_answer_all(b.checker);
	bench_finish(&b, 0);
	bench_finish(&b, 1);
	bench_end(&b);
}

TEST(rate_of_a_job_is_kept)
{
	struct bench b;

	bench_begin(&b, 100);
	fake_checks_answer_all(b.checker);
	usec_t started_at = clock_mono();
	bench_submit_json(&b, "{\"kind\":\"domains\",\"names\":[\"a\",\"b\",\"c\",\"d\",\"e\","
			      "\"f\"],\"tlds\":[\"test\"],"
			      "\"rate\":20}");
	bench_submit_json(
	    &b, "{\"kind\":\"domains\",\"domains\":[\"x.test\",\"y.test\",\"z.test\"]}");
	bench_finish(&b, 1);
	ck_assert_uint_lt(fake_store_job(b.store, 0)->n_results, 6);
	bench_finish(&b, 0);
	ck_assert_int_ge(clock_mono() - started_at, 240 * USEC_PER_MSEC);
	bench_end(&b);
}

struct seen {
	unsigned n_calls;
	uint64_t completed;
	enum job_state state;
};

static void on_change(const struct job *job, void *arg)
{
	struct seen *seen = arg;

	if (job == NULL)
		return; /* the core goes away */
	seen->n_calls++;
	seen->completed = job->completed;
	seen->state = job->state;
}

TEST(results_show_when_they_are_committed)
{
	struct subscription s = {.live = NULL};
	struct seen seen = {0};
	struct bench b;

	bench_begin(&b, 100);
	struct id id = bench_submit_many(&b, "n", 10);
	ck_assert(events_subscribe(b.core, &id, &s, on_change, &seen));
	bench_wait_started(&b, 10);
	fake_store_hold(b.store, true);
	finish_some(&b, 0, 1);
	run_turns(b.loop, 10);
	ck_assert_uint_eq(fake_store_n_waiting(b.store, STORE_PUT), 1);
	finish_some(&b, 1, 6); /* these gather meanwhile */
	run_turns(b.loop, 10);
	ck_assert_uint_eq(fake_store_n_waiting(b.store, STORE_PUT), 1);
	ck_assert_uint_eq(seen.completed, 0);
	ck_assert_uint_eq(jobs_find(b.core, &id)->completed, 0);
	fake_store_release(b.store, 1);
	ck_assert_uint_eq(seen.completed, 1);
	ck_assert_uint_eq(jobs_find(b.core, &id)->counts[ITEM_NOT_FOUND], 1);
	while (fake_store_n_waiting(b.store, STORE_PUT) == 0)
		loop_turn(b.loop); /* others are in flight: a little while is given to them */
	fake_store_release(b.store, 1);
	ck_assert_uint_eq(seen.completed, 6);
	ck_assert_uint_eq(fake_store_n_done(b.store, STORE_PUT), 2);
	finish_some(&b, 6, 10);
	run_turns(b.loop, 10);
	ck_assert(seen.state == JOB_RUNNING);
	fake_store_hold(b.store, false);
	bench_finish(&b, 0);
	ck_assert(seen.state == JOB_DONE && seen.completed == 10);
	ck_assert(s.live == NULL && !events_subscribe(b.core, &id, &s, on_change, &seen));
	bench_end(&b);
}

TEST(a_store_that_fails_keeps_results)
{
	struct bench b;

	bench_begin(&b, 100);
	struct id id = bench_submit_many(&b, "n", 10);
	bench_wait_started(&b, 10);
	fake_store_fail_writes(b.store, ERR_FULL);
	finish_some(&b, 0, 10);
	run_turns(b.loop, 20);
	ck_assert_uint_eq(jobs_find(b.core, &id)->completed, 0);
	struct outcome o = bench_submit(&b, BODY_TEXT, "a.test\n", NULL, NULL);
	ck_assert(o.status == 507 && !o.has_job);
	fake_store_fail_writes(b.store, OK);
	bench_finish(&b, 0);
	bench_end(&b);
}

/* While the store is behind, no more than a bounded number of results is kept. */
TEST(a_store_that_is_behind_holds_back)
{
	struct bench b;

	bench_begin(&b, 500);
	bench_submit_many(&b, "n", BIG);
	fake_store_fail_writes(b.store, ERR_FULL);
	fake_checks_answer_all(b.checker);
	bench_wait_started(&b, 50000);
	run_turns(b.loop, 200);
	ck_assert_uint_lt(fake_checks_n_started(b.checker), 52000);
	fake_store_fail_writes(b.store, OK);
	bench_finish(&b, 0);
	bench_end(&b);
}

TEST(cancel_keeps_what_is_done)
{
	struct bench b;

	bench_begin(&b, 5);
	struct id id = bench_submit_many(&b, "n", 10);
	bench_wait_started(&b, 5);
	finish_some(&b, 0, 2);
	bench_cancel(&b, &id);
	bench_cancel(&b, &id);
	run_turns(b.loop, 20);
	ck_assert_uint_eq(checker_in_flight(b.checker), 0);
	const struct fake_job *j = fake_store_job(b.store, 0);
	ck_assert(j->job.state == JOB_CANCELLED && j->n_results == 2 && j->job.finished_at > 0);
	ck_assert_ptr_null(jobs_find(b.core, &id));
	ck_assert_uint_eq(fake_checks_n_started(b.checker), 5);
	bench_cancel(&b, &id);
	bench_end(&b);
}

TEST(cancel_while_results_are_being_committed)
{
	struct bench b;

	bench_begin(&b, 100);
	struct id id = bench_submit_many(&b, "n", 3);
	bench_wait_started(&b, 3);
	fake_store_hold(b.store, true);
	finish_some(&b, 0, 3);
	run_turns(b.loop, 10);
	bench_cancel(&b, &id); /* too late: its end is under way */
	fake_store_hold(b.store, false);
	bench_finish(&b, 0);
	bench_end(&b);
}

static void on_deleted(enum err e, void *arg)
{
	*(enum err *)arg = e;
}

TEST(delete_ends_and_forgets)
{
	struct subscription s = {.live = NULL};
	struct seen seen = {0};
	enum err e = ERR_BUSY;
	struct bench b;

	bench_begin(&b, 5);
	struct id id = bench_submit_many(&b, "n", 10);
	bench_wait_started(&b, 5);
	ck_assert(events_subscribe(b.core, &id, &s, on_change, &seen));
	finish_some(&b, 0, 2);
	struct job job = *jobs_find(b.core, &id);
	jobs_delete(b.core, &job, on_deleted, &e);
	run_turns(b.loop, 20);
	ck_assert_int_eq(e, OK);
	ck_assert(fake_store_job(b.store, 0)->is_deleted && s.live == NULL);
	ck_assert(seen.state == JOB_CANCELLED);
	ck_assert_ptr_null(jobs_find(b.core, &id));
	ck_assert_uint_eq(checker_in_flight(b.checker), 0);
	bench_end(&b);
}

TEST(input_that_cannot_be_read_fails_the_job)
{
	struct bench b;

	bench_begin(&b, 300);
	bench_submit_many(&b, "n", 20000);
	fake_store_fail_reads(b.store, ERR_IO);
	fake_checks_answer_all(b.checker);
	for (int i = 0; i < 100; i++)
		run_turns(b.loop, 10);
	ck_assert_str_eq(job_state_name(fake_store_job(b.store, 0)->job.state), "failed");
	bench_end(&b);
}

TEST(invalid_names_and_aliases_have_results_too)
{
	struct bench b;

	bench_begin(&b, 10);
	fake_checks_answer_all(b.checker);
	bench_submit_json(&b,
	    "{\"kind\":\"domains\",\"domains\":[\"found.test\",\"@\",\"FOUND.test\",\"no.test\","
	    "\"@\",\"found.test.\",\"no.test\"]}");
	bench_finish(&b, 0);
	ck_assert_uint_eq(fake_checks_n_started(b.checker), 2);
	ck_assert_uint_ge(fake_store_n_done(b.store, STORE_COPY), 1);
	const struct job *job = &fake_store_job(b.store, 0)->job;
	ck_assert_uint_eq(job->counts[ITEM_FOUND], 3);
	ck_assert_uint_eq(job->counts[ITEM_NOT_FOUND], 2);
	ck_assert_uint_eq(job->counts[ITEM_ERROR], 2);
	bench_end(&b);
}

static void on_drained(void *arg)
{
	*(bool *)arg = true;
}

TEST(drains_what_is_in_flight)
{
	bool is_drained = false;
	struct bench b;

	bench_begin(&b, 5);
	bench_submit_many(&b, "n", 50);
	bench_wait_started(&b, 5);
	core_drain(b.core, on_drained, &is_drained);
	ck_assert(core_is_draining(b.core));
	finish_some(&b, 0, 4);
	run_turns(b.loop, 20);
	ck_assert(!is_drained);
	finish_some(&b, 4, 5);
	run_turns(b.loop, 20);
	ck_assert(is_drained);
	ck_assert_uint_eq(fake_checks_n_started(b.checker), 5);
	ck_assert_uint_eq(fake_store_job(b.store, 0)->n_results, 5);
	bench_end(&b);
}

SUITE(sched)
{
	ADD(a_short_job_does_not_wait_behind_a_long_one);
	ADD(a_long_list_is_answered_whole);
	ADD(many_jobs_share_and_wait);
	ADD(concurrency_of_a_job_is_kept);
	ADD(rate_of_a_job_is_kept);
	ADD(results_show_when_they_are_committed);
	ADD(a_store_that_fails_keeps_results);
	ADD(a_store_that_is_behind_holds_back);
	ADD(cancel_keeps_what_is_done);
	ADD(cancel_while_results_are_being_committed);
	ADD(delete_ends_and_forgets);
	ADD(input_that_cannot_be_read_fails_the_job);
	ADD(invalid_names_and_aliases_have_results_too);
	ADD(drains_what_is_in_flight);
}
