/* Crashes: what the store has completed is never asked again, all else is. */
#include "../unit.h"

#include "bench.h"

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

TEST(nothing_but_aliases_is_left_after_a_crash)
{
	struct bench b;

	bench_begin(&b, 10);
	bench_submit_json(
	    &b, "{\"kind\":\"domains\",\"domains\":[\"a.test\",\"b.test\",\"a.test\",\"b.test\"]}");
	bench_wait_started(&b, 2);
	ck_assert(fake_checks_finish(b.checker, "a.test", ITEM_FOUND));
	ck_assert(fake_checks_finish(b.checker, "b.test", ITEM_FOUND));
	fake_store_hold(b.store, true);
	run_turns(b.loop, 10);
	fake_store_release(b.store, 1);
	ck_assert_uint_eq(fake_store_job(b.store, 0)->n_results, 2);
	bench_crash(&b);
	fake_store_hold(b.store, false);
	bench_finish(&b, 0);
	ck_assert_uint_eq(fake_checks_n_started(b.checker), 2);
	bench_end(&b);
}

TEST(recovery_passes_over_what_is_done)
{
	struct bench b;

	bench_begin(&b, 100);
	bench_submit_many(&b, "n", 50);
	bench_wait_started(&b, 50);
	finish_some(&b, 10, 20);
	bench_wait_results(&b, 0, 10);
	fake_store_hold(b.store, true);
	finish_some(&b, 20, 30); /* never committed */
	run_turns(b.loop, 10);
	bench_crash(&b);
	fake_store_hold(b.store, false);
	bench_wait_started(&b, 90);
	run_turns(b.loop, 20);
	ck_assert_uint_eq(fake_checks_n_started(b.checker), 90);
	ck_assert_uint_eq(count_started(&b, 50, "n15."), 0);
	ck_assert_uint_eq(count_started(&b, 50, "n25."), 1);
	fake_checks_answer_all(b.checker);
	bench_finish(&b, 0);
	bench_end(&b);
}

/* What was done before the first crash is not asked again after the second. */
TEST(two_crashes)
{
	struct bench b;

	bench_begin(&b, 100);
	bench_submit_many(&b, "n", 50);
	bench_wait_started(&b, 50);
	finish_some(&b, 0, 10);
	bench_wait_results(&b, 0, 10);
	bench_crash(&b);
	bench_wait_started(&b, 90);
	finish_some(&b, 10, 20);
	bench_wait_results(&b, 0, 20);
	bench_crash(&b);
	fake_checks_answer_all(b.checker);
	bench_finish(&b, 0);
	ck_assert_uint_eq(fake_checks_n_started(b.checker), 50 + 40 + 30);
	bench_end(&b);
}

/* As above, with all that was done before the first crash in the second chunk. */
TEST(two_crashes_with_an_untouched_chunk_in_front)
{
	struct bench b;

	bench_begin(&b, 2000);
	bench_submit_many(&b, "n", 1500);
	bench_wait_started(&b, 1500);
	finish_some(&b, 1000, 1010);
	bench_wait_results(&b, 0, 10);
	bench_crash(&b);
	bench_wait_started(&b, 1500 + 1490);
	finish_some(&b, 1010, 1020);
	bench_wait_results(&b, 0, 20);
	bench_crash(&b);
	fake_checks_answer_all(b.checker);
	bench_finish(&b, 0);
	ck_assert_uint_eq(fake_checks_n_started(b.checker), 1500 + 1490 + 1480);
	bench_end(&b);
}

/* As above: all chunks that were claimed again are through before the next ones are claimed. */
TEST(two_crashes_with_chunks_not_claimed_between)
{
	struct bench b;

	bench_begin(&b, 10000);
	bench_submit_many(&b, "n", 9000); /* more than a run gets without claiming */
	bench_wait_started(&b, 9000);
	finish_some(&b, 8000, 8010);
	bench_wait_results(&b, 0, 10);
	bench_crash(&b);
	bench_wait_started(&b, 9000 + 1); /* the first ones are claimed */
	fake_store_hold_reads(b.store, true);
	run_turns(b.loop, 50);
	int n = (int)(fake_checks_n_started(b.checker) - 9000);
	ck_assert_int_lt(n, 8000);
	finish_some(&b, 0, n);
	bench_wait_results(&b, 0, 10 + (size_t)n);
	run_turns(b.loop, 10);
	bench_crash(&b);
	fake_store_hold_reads(b.store, false);
	fake_checks_answer_all(b.checker);
	bench_finish(&b, 0);
	bench_end(&b);
}

/* Crashes at many places, with results committed in odd orders. */
TEST(many_crashes)
{
	struct bench b;
	unsigned chance = 12345;

	bench_begin(&b, 1500);
	bench_submit_many(&b, "n", 6000);
	for (int crash = 0; crash < 25; crash++) {
		bench_wait_started(&b, fake_checks_n_started(b.checker) + 1);
		run_turns(b.loop, 10);
		for (int i = 0; i < 400; i++) {
			char name[64];
			chance = chance * 1103515245 + 12345;
			snprintf(name, sizeof(name), "n%u.test", (chance >> 8) % 6000);
			fake_checks_finish(b.checker, name, ITEM_NOT_FOUND);
			if (i % 100 == 99)
				run_turns(b.loop, 3);
		}
		bench_crash(&b);
	}
	fake_checks_answer_all(b.checker);
	bench_finish(&b, 0);
	bench_end(&b);
}

TEST(files_that_are_done_are_not_fetched_again)
{
	struct bench b;

	bench_begin(&b, 100);
	bench_submit_urls(&b, "f", 20, NULL);
	bench_wait_fetches(&b, 20);
	ck_assert(fake_fetcher_finish(b.fetcher, "f3", ITEM_OK, REASON_NONE));
	ck_assert(fake_fetcher_finish(b.fetcher, "f5", ITEM_ERROR, REASON_DISK));
	bench_wait_results(&b, 0, 2);
	fake_store_hold(b.store, true);
	ck_assert(fake_fetcher_finish(b.fetcher, "f7", ITEM_OK, REASON_NONE)); /* never committed */
	run_turns(b.loop, 10);
	bench_crash(&b);
	fake_store_hold(b.store, false);
	bench_wait_fetches(&b, 20 + 18);
	run_turns(b.loop, 20);
	ck_assert_uint_eq(fake_fetcher_n_started(b.fetcher), 38);
	for (size_t i = 20; i < 38; i++) {
		const struct fetch_asked *asked = fake_fetcher_asked(b.fetcher, i);
		ck_assert(asked->index != 3 && asked->index != 5);
		ck_assert_str_eq(asked->name, fake_fetcher_asked(b.fetcher, asked->index)->name);
	}
	fake_fetcher_answer_all(b.fetcher, NULL);
	bench_finish(&b, 0);
	bench_end(&b);
}

/* Of jobs that were deleted just before the crash, and of none at all. */
static void ignore(enum err e, void *arg)
{
	(void)e, (void)arg;
}

/* What nobody here has removed may be another database's. */
TEST(files_of_removed_jobs_are_removed_and_unknown_ones_stay)
{
	static const struct id nobody = {.bytes = {7}};
	struct bench b;
	struct id ids[3] = {nobody};

	bench_begin(&b, 100);
	ids[1] = bench_submit_urls(&b, "f", 3, NULL);
	ids[2] = bench_submit_urls(&b, "g", 3, NULL);
	bench_wait_fetches(&b, 6);
	fake_fetcher_answer_all(b.fetcher, NULL);
	bench_finish(&b, 0);
	bench_finish(&b, 1);
	/* the daemon ends between the removal of a job and that of its files */
	fetcher_set_on_removed(b.fetcher, NULL, NULL);
	jobs_delete(b.core, &fake_store_job(b.store, 1)->job, ignore, NULL);
	run_turns(b.loop, 10);
	ck_assert_uint_eq(fake_fetcher_n_removed(b.fetcher, &ids[2]), 1);
	fake_fetcher_set_jobs(b.fetcher, ids, 3);
	bench_crash(&b);
	run_turns(b.loop, 10);
	ck_assert_uint_eq(fake_fetcher_n_removed(b.fetcher, &nobody), 0);
	ck_assert_uint_eq(fake_fetcher_n_removed(b.fetcher, &ids[1]), 0);
	ck_assert_uint_eq(fake_fetcher_n_removed(b.fetcher, &ids[2]), 2);
	ck_assert(fake_store_job(b.store, 1)->is_removed);
	bench_crash(&b);
	run_turns(b.loop, 10);
	ck_assert_uint_eq(fake_fetcher_n_removed(b.fetcher, &ids[2]), 2);
	bench_end(&b);
}

TEST(files_stay_when_the_store_cannot_be_asked)
{
	static const struct id nobody = {.bytes = {7}};
	struct bench b;

	bench_begin(&b, 100);
	fake_fetcher_set_jobs(b.fetcher, &nobody, 1);
	bench_crash(&b);
	fake_store_fail_reads(b.store, ERR_IO);
	run_turns(b.loop, 10);
	ck_assert_uint_eq(fake_store_n_waiting(b.store, STORE_FOLDERS), 0);
	ck_assert_uint_eq(fake_fetcher_n_removed(b.fetcher, &nobody), 0);
	bench_end(&b);
}

TEST(an_unreadable_store_stops_the_start)
{
	struct bench b;

	bench_begin(&b, 10);
	fake_store_fail_reads(b.store, ERR_IO);
	ck_assert_ptr_null(core_new(&b.opts));
	bench_end(&b);
}

SUITE(recover)
{
	ADD(nothing_but_aliases_is_left_after_a_crash);
	ADD(recovery_passes_over_what_is_done);
	ADD(two_crashes);
	ADD(two_crashes_with_an_untouched_chunk_in_front);
	ADD(two_crashes_with_chunks_not_claimed_between);
	ADD(many_crashes);
	ADD(files_that_are_done_are_not_fetched_again);
	ADD(files_of_removed_jobs_are_removed_and_unknown_ones_stay);
	ADD(files_stay_when_the_store_cannot_be_asked);
	ADD(an_unreadable_store_stops_the_start);
}
