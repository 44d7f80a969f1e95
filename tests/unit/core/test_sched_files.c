/* Files beside names: two lanes, limits, cancelling, what is left behind. */
#include "../unit.h"

#include "bench.h"

static const char *const two_at_a_time[] = {
    "concurrency", "2", "timeout_ms", "3600000", "attempts", "7", NULL};

TEST(names_that_wait_do_not_hold_up_files)
{
	struct bench b;

	bench_begin(&b, 10);
	fake_checks_set_room(b.checker, 0);
	bench_submit_many(&b, "n", 100);
	bench_submit_urls(&b, "f", 100, NULL);
	fake_fetcher_answer_all(b.fetcher, NULL);
	bench_finish(&b, 1);
	ck_assert_uint_eq(fake_checks_n_started(b.checker), 0);
	ck_assert_int_eq(fake_store_job(b.store, 0)->job.state, JOB_QUEUED);
	fake_checks_set_room(b.checker, 10);
	fake_checks_answer_all(b.checker);
	bench_finish(&b, 0);
	bench_end(&b);
}

TEST(files_that_wait_do_not_hold_up_names)
{
	struct bench b;

	bench_begin(&b, 10);
	bench_submit_urls(&b, "f", 100, NULL);
	bench_wait_fetches(&b, 10); /* all that there is room for */
	bench_submit_many(&b, "n", 100);
	fake_checks_answer_all(b.checker);
	bench_finish(&b, 1);
	ck_assert_uint_eq(fake_fetcher_n_started(b.fetcher), 10);
	fake_fetcher_answer_all(b.fetcher, NULL);
	bench_finish(&b, 0);
	bench_end(&b);
}

TEST(a_short_job_does_not_wait_behind_a_long_one)
{
	struct bench b;
	size_t n_long = 0;

	bench_begin(&b, 64);
	bench_submit_urls(&b, "long", 20000, NULL);
	bench_wait_fetches(&b, 64);
	fake_fetcher_answer_all(b.fetcher, NULL);
	bench_wait_fetches(&b, 300);
	bench_submit_urls(&b, "short", 18, NULL);
	bench_finish(&b, 1);
	ck_assert_uint_lt(fake_store_job(b.store, 0)->n_results, 2000);
	size_t i = 0;
	while (fake_fetcher_asked(b.fetcher, i)->name[0] == 'l')
		i++;
	for (size_t n = 0; n < 18; i++) {
		bool is_short = fake_fetcher_asked(b.fetcher, i)->name[0] == 's';
		n += is_short;
		n_long += !is_short;
	}
	ck_assert_msg(n_long <= 18 + 4, "%zu others came between", n_long);
	bench_end(&b);
}

TEST(concurrency_of_a_job_is_kept)
{
	struct bench b;

	bench_begin(&b, 100);
	struct id id = bench_submit_urls(&b, "f", 6, two_at_a_time);
	bench_submit_urls(&b, "other", 1, NULL);
	bench_wait_fetches(&b, 3);
	run_turns(b.loop, 20);
	ck_assert_uint_eq(fetcher_in_flight(b.fetcher), 3);
	ck_assert(fake_fetcher_finish(b.fetcher, "f0", ITEM_OK, REASON_NONE));
	run_turns(b.loop, 20);
	ck_assert_uint_eq(fetcher_in_flight(b.fetcher), 3);
	ck_assert_uint_eq(fake_fetcher_n_started(b.fetcher), 4);
	const struct fetch_asked *asked = fake_fetcher_asked(b.fetcher, 3);
	ck_assert_str_eq(asked->url, "http://files.test/f2");
	ck_assert_str_eq(asked->name, "f2");
	ck_assert_mem_eq(&asked->job, &id, sizeof(id));
	ck_assert_uint_eq(asked->index, 2);
	ck_assert_uint_eq(asked->attempts, 7);
	ck_assert_int_eq(asked->timeout, 3600 * USEC_PER_SEC);
	fake_fetcher_answer_all(b.fetcher, NULL);
	bench_finish(&b, 0);
	bench_finish(&b, 1);
	bench_end(&b);
}

/* A file that is being saved leaves its place to another; but no more than as many again are saved.
 */
TEST(saving_takes_no_place)
{
	struct bench b;

	bench_begin(&b, 100);
	struct id id = bench_submit_urls(&b, "f", 20, two_at_a_time);
	bench_wait_fetches(&b, 2);
	ck_assert(fake_fetcher_receive(b.fetcher, "f0"));
	run_turns(b.loop, 20);
	ck_assert_uint_eq(fetcher_in_flight(b.fetcher), 3);
	ck_assert(fake_fetcher_receive(b.fetcher, "f1") && fake_fetcher_receive(b.fetcher, "f2"));
	run_turns(b.loop, 20);
	ck_assert_uint_eq(fetcher_in_flight(b.fetcher), 4);
	ck_assert(fake_fetcher_receive(b.fetcher, "f3"));
	run_turns(b.loop, 20);
	ck_assert_uint_eq(fetcher_in_flight(b.fetcher), 4);
	ck_assert(fake_fetcher_finish(b.fetcher, "f2", ITEM_OK, REASON_NONE));
	run_turns(b.loop, 20);
	ck_assert_uint_eq(fetcher_in_flight(b.fetcher), 4);
	ck_assert_uint_eq(fake_fetcher_n_started(b.fetcher), 5);
	bench_cancel(&b, &id); /* with some of them being saved */
	run_turns(b.loop, 20);
	ck_assert_uint_eq(fetcher_in_flight(b.fetcher), 0);
	ck_assert_uint_eq(fake_store_job(b.store, 0)->n_results, 1);
	bench_end(&b);
}

/* The fetcher holds what waits for its host; it shall not hold a whole list. */
TEST(a_job_without_concurrency_has_a_bound_too)
{
	struct bench b;

	bench_begin(&b, 4000);
	bench_submit_urls(&b, "f", 3500, NULL);
	bench_wait_fetches(&b, 500);
	run_turns(b.loop, 100);
	ck_assert_uint_le(fetcher_in_flight(b.fetcher), 1000);
	fake_fetcher_answer_all(b.fetcher, NULL);
	bench_finish(&b, 0);
	bench_end(&b);
}

TEST(room_that_opens_is_used)
{
	struct bench b;

	bench_begin(&b, 0);
	bench_submit_urls(&b, "f", 5, NULL);
	run_turns(b.loop, 20);
	ck_assert_uint_eq(fake_fetcher_n_started(b.fetcher), 0);
	fake_fetcher_set_room(b.fetcher, 2);
	bench_wait_fetches(&b, 2);
	fake_fetcher_set_room(b.fetcher, 5);
	bench_wait_fetches(&b, 5);
	fake_fetcher_answer_all(b.fetcher, NULL);
	bench_finish(&b, 0);
	bench_end(&b);
}

TEST(each_outcome_counts)
{
	static const struct fetch_rule rules[] = {{"b", ITEM_NOT_FOUND, REASON_HTTP_404},
	    {"c", ITEM_ERROR, REASON_TIMEOUT}, {"d", ITEM_ERROR, REASON_DISK}, {.name = NULL}};
	static const enum reason want[] = {REASON_NONE, REASON_HTTP_404, REASON_TIMEOUT,
	    REASON_DISK, REASON_INVALID_URL, REASON_NONE};
	struct bench b;

	bench_begin(&b, 10);
	fake_fetcher_answer_all(b.fetcher, rules);
	bench_submit_json(&b, "{\"kind\":\"downloads\",\"urls\":[\"http://h.test/a\","
			      "\"http://h.test/b\",\"http://h.test/c\",\"http://h.test/d\",\"e\","
			      "{\"url\":\"http://h.test/f\",\"name\":\"a\"}]}");
	bench_finish(&b, 0);
	const struct fake_job *j = fake_store_job(b.store, 0);
	ck_assert_uint_eq(j->job.counts[ITEM_OK], 2);
	ck_assert_uint_eq(j->job.counts[ITEM_NOT_FOUND], 1);
	ck_assert_uint_eq(j->job.counts[ITEM_ERROR], 3);
	ck_assert_uint_eq(j->job.counts[ITEM_FOUND], 0);
	for (size_t i = 0; i < j->n_results; i++)
		ck_assert_int_eq(j->results[i].reason, want[j->results[i].index]);
	ck_assert_uint_eq(fake_fetcher_n_started(b.fetcher), 5);
	ck_assert_str_eq(fake_fetcher_asked(b.fetcher, 4)->name, "a-6");
	bench_end(&b);
}

TEST(cancel_ends_what_is_in_flight)
{
	struct bench b;

	bench_begin(&b, 5);
	struct id id = bench_submit_urls(&b, "f", 20, NULL);
	bench_wait_fetches(&b, 5);
	ck_assert(fake_fetcher_finish(b.fetcher, "f1", ITEM_OK, REASON_NONE));
	bench_cancel(&b, &id);
	run_turns(b.loop, 20);
	ck_assert_uint_eq(fetcher_in_flight(b.fetcher), 0);
	const struct fake_job *j = fake_store_job(b.store, 0);
	ck_assert(j->job.state == JOB_CANCELLED && j->n_results == 1);
	ck_assert_uint_eq(fake_fetcher_n_started(b.fetcher), 5);
	ck_assert_uint_eq(fake_fetcher_n_removed(b.fetcher, &id), 0); /* what is done stays */
	bench_end(&b);
}

static void on_deleted(enum err e, void *arg)
{
	*(enum err *)arg = e;
}

static void delete_job(struct bench *b, const struct job *job, enum err want)
{
	enum err e = ERR_BUSY;

	jobs_delete(b->core, job, on_deleted, &e);
	run_turns(b->loop, 20);
	ck_assert_int_eq(e, want);
}

TEST(delete_removes_the_files)
{
	struct bench b;

	bench_begin(&b, 5);
	struct id live = bench_submit_urls(&b, "f", 20, NULL);
	bench_wait_fetches(&b, 5);
	ck_assert(fake_fetcher_finish(b.fetcher, "f1", ITEM_OK, REASON_NONE));
	struct job job = *jobs_find(b.core, &live);
	delete_job(&b, &job, OK);
	ck_assert_uint_eq(fetcher_in_flight(b.fetcher), 0);
	ck_assert_uint_eq(fake_fetcher_n_removed(b.fetcher, &live), 1);
	fake_fetcher_answer_all(b.fetcher, NULL);
	struct id ended = bench_submit_urls(&b, "g", 3, NULL);
	bench_finish(&b, 1);
	delete_job(&b, &fake_store_job(b.store, 1)->job, OK);
	ck_assert_uint_eq(fake_fetcher_n_removed(b.fetcher, &ended), 1);
	bench_end(&b);
}

TEST(delete_that_fails_removes_nothing)
{
	struct bench b;

	bench_begin(&b, 5);
	fake_fetcher_answer_all(b.fetcher, NULL);
	struct id id = bench_submit_urls(&b, "f", 3, NULL);
	bench_finish(&b, 0);
	fake_store_fail_writes(b.store, ERR_FULL);
	delete_job(&b, &fake_store_job(b.store, 0)->job, ERR_FULL);
	ck_assert_uint_eq(fake_fetcher_n_removed(b.fetcher, &id), 0);
	bench_end(&b);
}

TEST(jobs_of_names_have_no_files)
{
	struct bench b;

	bench_begin(&b, 5);
	fake_checks_answer_all(b.checker);
	struct id id = bench_submit_many(&b, "n", 3);
	bench_finish(&b, 0);
	delete_job(&b, &fake_store_job(b.store, 0)->job, OK);
	ck_assert_uint_eq(fake_fetcher_n_removed(b.fetcher, &id), 0);
	bench_end(&b);
}

static void on_drained(void *arg)
{
	*(bool *)arg = true;
}

TEST(drains_both_lanes)
{
	bool is_drained = false;
	struct bench b;

	bench_begin(&b, 3);
	bench_submit_urls(&b, "f", 20, NULL);
	bench_submit_many(&b, "n", 20);
	bench_wait_fetches(&b, 3);
	bench_wait_started(&b, 3);
	ck_assert_uint_eq(core_in_flight(b.core), 6);
	core_drain(b.core, on_drained, &is_drained);
	for (int i = 0; i < 3; i++)
		ck_assert(fake_checks_finish(b.checker, NULL, ITEM_FOUND));
	run_turns(b.loop, 20);
	ck_assert(!is_drained);
	for (int i = 0; i < 3; i++)
		ck_assert(fake_fetcher_finish(b.fetcher, NULL, ITEM_OK, REASON_NONE));
	run_turns(b.loop, 20);
	ck_assert(is_drained && core_in_flight(b.core) == 0);
	ck_assert_uint_eq(fake_fetcher_n_started(b.fetcher), 3);
	bench_end(&b);
}

static size_t n_results(const struct bench *b)
{
	return fake_store_job(b->store, 0)->n_results;
}

/* No result is committed before its file is on the disk; what comes while a sync runs waits for the
 * next one. */
TEST(files_are_synced_before_their_results)
{
	struct bench b;

	bench_begin(&b, 10);
	fake_fetcher_hold_syncs(b.fetcher);
	bench_submit_urls(&b, "f", 2, NULL);
	bench_wait_fetches(&b, 2);
	ck_assert(!fake_fetcher_end_sync(b.fetcher));
	ck_assert(fake_fetcher_finish(b.fetcher, "f0", ITEM_OK, REASON_NONE));
	run_turns(b.loop, 50);
	ck_assert(fake_fetcher_finish(b.fetcher, "f1", ITEM_OK, REASON_NONE));
	run_turns(b.loop, 50);
	ck_assert_uint_eq(n_results(&b), 0);
	while (!fake_fetcher_end_sync(b.fetcher)) /* the transaction is due in a moment */
		run_turns(b.loop, 1);
	run_turns(b.loop, 50);
	ck_assert_uint_eq(n_results(&b), 1);
	while (!fake_fetcher_end_sync(b.fetcher))
		run_turns(b.loop, 1);
	bench_finish(&b, 0);
	ck_assert_uint_eq(n_results(&b), 2);
	bench_end(&b);
}

SUITE(sched_files)
{
	ADD(files_are_synced_before_their_results);
	ADD(names_that_wait_do_not_hold_up_files);
	ADD(files_that_wait_do_not_hold_up_names);
	ADD(a_short_job_does_not_wait_behind_a_long_one);
	ADD(concurrency_of_a_job_is_kept);
	ADD(saving_takes_no_place);
	ADD(a_job_without_concurrency_has_a_bound_too);
	ADD(room_that_opens_is_used);
	ADD(each_outcome_counts);
	ADD(cancel_ends_what_is_in_flight);
	ADD(delete_removes_the_files);
	ADD(delete_that_fails_removes_nothing);
	ADD(jobs_of_names_have_no_files);
	ADD(drains_both_lanes);
}
