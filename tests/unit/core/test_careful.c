/* After unclean ends: what is begun is told before, what is suspect is noted before it begins. */
#include "../unit.h"

#include "bench.h"

static struct fake_watched *watched(struct bench *b)
{
	return fake_store_watched(b->store);
}

static size_t n_in_flight(const struct bench *b)
{
	return checker_in_flight(b->checker);
}

static bool is_noted(void *arg)
{
	return watched(arg)->noted_job > 0;
}

TEST(nothing_is_told_while_ends_are_clean)
{
	struct bench b;

	bench_begin(&b, 500);
	fake_checks_answer_all(b.checker);
	bench_submit_many(&b, "n", 5000);
	bench_finish(&b, 0);
	ck_assert_uint_eq(fake_store_n_done(b.store, STORE_WATCH), 0);
	ck_assert_uint_eq(fake_store_n_done(b.store, STORE_NOTE), 0);
	bench_end(&b);
}

TEST(after_one_end_a_chunk_is_told_before_it_begins)
{
	struct bench b;

	bench_begin(&b, 1500);
	bench_submit_many(&b, "n", 2000);
	bench_wait_started(&b, 1500);
	bench_die(&b);
	fake_store_hold(b.store, true);
	while (fake_store_n_waiting(b.store, STORE_CLAIM) > 0 ||
	       fake_store_n_waiting(b.store, STORE_WATCH) == 0) {
		run_turns(b.loop, 1);
		if (fake_store_n_waiting(b.store, STORE_CLAIM) > 0)
			fake_store_release(b.store, 1);
	}
	run_turns(b.loop, 20);
	ck_assert_uint_eq(fake_checks_n_started(b.checker), 1500);
	fake_store_hold(b.store, false);
	bench_wait_started(&b, 1501);
	/* it may have been open at the end, of which no word was left */
	ck_assert_uint_eq(fake_watched_find(watched(&b), 1, 0)->n_ends, 1);
	fake_checks_answer_all(b.checker);
	bench_submit_many(&b, "m", 5);
	bench_finish(&b, 0);
	bench_finish(&b, 1);
	ck_assert_uint_eq(fake_store_n_done(b.store, STORE_WATCH), 10 + 10 + 1); /* 16, 32, ... */
	ck_assert_uint_eq(watched(&b)->n, 0); /* what is settled is not watched any more */
	ck_assert_uint_eq(fake_store_n_done(b.store, STORE_NOTE), 0);
	bench_end(&b);
}

TEST(a_new_job_was_not_open_at_the_end_before_it)
{
	struct bench b;

	bench_begin(&b, 100);
	bench_die(&b);
	bench_submit_many(&b, "n", 10);
	bench_wait_started(&b, 10);
	ck_assert_uint_eq(fake_watched_find(watched(&b), 1, 0)->n_ends, 0);
	bench_die(&b);
	bench_wait_started(&b, 20); /* all at once */
	bench_die(&b);
	bench_wait_started(&b, 21);
	run_turns(b.loop, 20);
	ck_assert_uint_eq(n_in_flight(&b), 1);
	fake_checks_answer_all(b.checker);
	bench_finish(&b, 0);
	bench_end(&b);
}

/* The first group is one item, and each is twice as large as the one before. The next one begins
 * when all of the one before have ended, and its notes are committed. */
TEST(suspects_begin_in_groups_when_they_are_noted)
{
	static const size_t groups[] = {1, 2, 4, 8, 5};
	struct bench b;
	size_t n_begun = 40;

	bench_begin(&b, 100);
	bench_submit_many(&b, "n", 20);
	bench_die_twice(&b, 20);
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		bench_wait_started(&b, n_begun += groups[i]);
		run_turns(b.loop, 20);
		ck_assert_uint_eq(n_in_flight(&b), groups[i]);
		ck_assert_int_eq(watched(&b)->noted_job, 1);
		ck_assert_uint_eq(watched(&b)->n_notes, groups[i]);
		for (size_t k = 1; k < groups[i]; k++)
			ck_assert(fake_checks_finish(b.checker, NULL, ITEM_FOUND));
		run_turns(b.loop, 20);
		ck_assert_uint_eq(n_in_flight(&b), 1);
		fake_store_hold(b.store, true);
		ck_assert(fake_checks_finish(b.checker, NULL, ITEM_FOUND));
		run_turns(b.loop, 20);
		ck_assert_uint_eq(n_in_flight(&b), 0);
		fake_store_hold(b.store, false);
	}
	bench_finish(&b, 0);
	run_turns(b.loop, 20);
	ck_assert_int_eq(watched(&b)->noted_job, 0); /* and nothing is noted now */
	ck_assert_uint_eq(watched(&b)->n, 0);
	bench_end(&b);
}

/* --- Poison --- */

static bool is_dead_or_done(void *arg)
{
	const struct bench *b = arg;
	const struct fake_job *j;

	for (size_t i = 0; (j = fake_store_job(b->store, i)) != NULL; i++) {
		if (!job_state_is_ended(j->job.state))
			return fake_checks_is_dead(b->checker);
	}
	return true;
}

static const struct {
	const char *name;
	size_t n_jobs, n_items, bad[2][3], n_bad[2];
	unsigned n_most; /* crashes */
} plagues[] = {
    {"the first", 1, 30, {{0}}, {1}, 3},
    {"the last", 1, 30, {{29}}, {1}, 4},
    {"of two chunks", 1, 1200, {{1100}}, {1}, 4},
    {"two in a chunk", 1, 30, {{7, 8}}, {2}, 5},
    /* the second chunk is begun only when the first one is suspect */
    {"in both chunks", 1, 1200, {{5, 1005, 1006}}, {3}, 9},
    {"in two jobs", 2, 30, {{3}, {20}}, {1, 1}, 7},
};

static void submit_plague(struct bench *b, int row, size_t job)
{
	struct buf text;

	buf_init(&text, 1 << 20);
	for (size_t i = 0; i < plagues[row].n_items; i++) {
		bool is_bad = false;
		for (size_t k = 0; k < plagues[row].n_bad[job]; k++)
			is_bad = is_bad || plagues[row].bad[job][k] == i;
		buf_addf(&text, "%s%zu.j%zu.test\n", is_bad ? "poison" : "n", i, job);
	}
	ck_assert(bench_submit(b, BODY_TEXT, text.data, NULL, NULL).has_job);
	buf_done(&text);
}

static void check_plague(const struct bench *b, int row, size_t job)
{
	const struct fake_job *j = fake_store_job(b->store, job);
	size_t n_crashed = 0;

	ck_assert_str_eq(job_state_name(j->job.state), "done");
	ck_assert_uint_eq(j->n_results, plagues[row].n_items);
	for (size_t i = 0; i < j->n_results; i++) {
		const struct fake_item *item = &j->results[i];
		bool is_bad = false;
		for (size_t k = 0; k < plagues[row].n_bad[job]; k++)
			is_bad = is_bad || plagues[row].bad[job][k] == item->index;
		ck_assert_msg((item->reason == REASON_CRASHED) == is_bad, "%s: %u %s",
		    plagues[row].name, item->index, item->name);
		n_crashed += is_bad;
	}
	ck_assert_uint_eq(n_crashed, plagues[row].n_bad[job]);
}

TEST(only_the_poison_is_given_up)
{
	unsigned n_ends = 0;
	struct bench b;

	bench_begin(&b, 0);
	for (size_t i = 0; i < plagues[_i].n_jobs; i++)
		submit_plague(&b, _i, i);
	fake_checks_set_room(b.checker, 1200);
	fake_checks_answer_all(b.checker);
	for (;;) {
		run_until(b.loop, is_dead_or_done, &b, "a crash");
		if (!fake_checks_is_dead(b.checker))
			break;
		ck_assert_uint_lt(n_ends++, plagues[_i].n_most);
		fake_checks_revive(b.checker);
		bench_die(&b);
	}
	ck_assert_uint_ge(n_ends, 3);
	for (size_t i = 0; i < plagues[_i].n_jobs; i++)
		check_plague(&b, _i, i);
	bench_end(&b);
}

/* --- Beside others --- */

TEST(what_is_not_suspect_goes_on)
{
	struct bench b;

	bench_begin(&b, 100);
	bench_submit_many(&b, "n", 20);
	bench_die_twice(&b, 20);
	bench_submit_many(&b, "m", 60);
	bench_wait_started(&b, 40 + 60 + 1);
	run_turns(b.loop, 20);
	ck_assert_uint_eq(n_in_flight(&b), 61);
	fake_checks_answer_all(b.checker);
	bench_finish(&b, 0);
	bench_finish(&b, 1);
	bench_end(&b);
}

TEST(a_chunk_that_was_settled_between_is_no_suspect)
{
	struct bench b;

	bench_begin(&b, 100);
	bench_submit_many(&b, "n", 20);
	bench_wait_started(&b, 20);
	bench_die(&b);
	bench_wait_started(&b, 40);
	fake_checks_answer_all(b.checker);
	bench_finish(&b, 0);
	bench_submit_many(&b, "m", 20);
	bench_finish(&b, 1);
	bench_die(&b);
	ck_assert_uint_eq(watched(&b)->life.n_suspects, 0);
	bench_end(&b);
}

static void on_paused(enum err e, void *arg)
{
	(void)arg;
	ck_assert_int_eq(e, OK);
}

TEST(a_paused_job_lets_others_have_the_note)
{
	struct bench b;
	struct id first;

	bench_begin(&b, 100);
	first = bench_submit_many(&b, "n", 20);
	bench_submit_many(&b, "m", 20);
	bench_die_twice(&b, 40);
	bench_wait_started(&b, 81);
	ck_assert(jobs_pause(b.core, &first, true, on_paused, NULL));
	ck_assert(fake_checks_finish(b.checker, NULL, ITEM_FOUND));
	for (size_t i = 0; i < 2; i++) {
		bench_wait_started(&b, fake_checks_n_started(b.checker) + 1);
		run_turns(b.loop, 20);
		while (fake_checks_finish(b.checker, NULL, ITEM_FOUND))
			;
	}
	run_turns(b.loop, 50);
	ck_assert_uint_le(fake_store_job(b.store, 0)->n_results, 1);
	ck_assert_uint_ge(fake_store_job(b.store, 1)->n_results, 2);
	ck_assert(jobs_pause(b.core, &first, false, on_paused, NULL));
	fake_checks_answer_all(b.checker);
	bench_finish(&b, 0);
	bench_finish(&b, 1);
	bench_end(&b);
}

static void on_cancelled(enum err e, const struct job *job, void *arg)
{
	(void)arg;
	ck_assert(e == OK && job->state == JOB_CANCELLED);
}

/* Cancelled while it waits for its note, has it, or is worked on: the note is given up, and what it
 * says is not blamed on anyone. */
TEST(a_cancelled_job_leaves_no_note)
{
	struct bench b;
	struct id id;

	for (int when = 0; when < 3; when++) {
		bench_begin(&b, 100);
		id = bench_submit_many(&b, "n", 20);
		bench_die_twice(&b, 20);
		run_turns(b.loop, 20);
		fake_checks_set_room(b.checker, when == 2 ? 100 : 0);
		if (when > 0)
			run_until(b.loop, is_noted, &b, "a note");
		run_turns(b.loop, 20);
		ck_assert_uint_eq(n_in_flight(&b), when == 2 ? 1 : 0);
		ck_assert(jobs_cancel(b.core, &id, on_cancelled, NULL));
		run_turns(b.loop, 20);
		ck_assert_int_eq(watched(&b)->noted_job, 0);
		ck_assert_int_eq(fake_store_job(b.store, 0)->job.state, JOB_CANCELLED);
		fake_checks_set_room(b.checker, 100);
		fake_checks_answer_all(b.checker);
		bench_submit_many(&b, "m", 20);
		bench_finish(&b, 1);
		bench_end(&b);
	}
}

static bool is_asked(void *arg)
{
	return fake_store_n_waiting(((struct bench *)arg)->store, STORE_NOTE) > 0;
}

TEST(nothing_suspect_begins_while_it_cannot_be_noted)
{
	struct bench b;

	bench_begin(&b, 100);
	bench_submit_many(&b, "n", 3);
	bench_die_twice(&b, 3);
	fake_store_fail_writes(b.store, ERR_FULL);
	run_turns(b.loop, 20);
	fake_store_hold(b.store, true);
	run_until(b.loop, is_asked, &b, "a note");
	fake_store_hold(b.store, false);
	run_turns(b.loop, 50);
	ck_assert_uint_eq(n_in_flight(&b), 0);
	fake_store_fail_writes(b.store, OK);
	fake_checks_answer_all(b.checker);
	bench_finish(&b, 0);
	bench_end(&b);
}

/* What can't be told is begun all the same: work goes on while the disk is full. */
TEST(a_full_disk_holds_up_no_chunk)
{
	struct bench b;

	bench_begin(&b, 100);
	bench_submit_many(&b, "n", 30);
	bench_wait_started(&b, 30);
	bench_die(&b);
	fake_store_fail_writes(b.store, ERR_FULL);
	bench_wait_started(&b, 60);
	fake_store_fail_writes(b.store, OK);
	fake_checks_answer_all(b.checker);
	bench_finish(&b, 0);
	bench_end(&b);
}

static const char *const limits[] = {"concurrency", "1", "rate", "1000", NULL};

TEST(limits_of_the_job_hold)
{
	struct bench b;
	struct buf text;

	bench_begin(&b, 100);
	buf_init(&text, 1 << 16);
	for (int i = 0; i < 1500; i++)
		buf_addf(&text, "n%d.test\n", i);
	ck_assert(bench_submit(&b, BODY_TEXT, text.data, NULL, limits).has_job);
	buf_done(&text);
	bench_wait_started(&b, 1);
	bench_die(&b);
	bench_wait_started(&b, 2);
	bench_die(&b);
	fake_checks_answer_all(b.checker);
	for (size_t n = 3; n < 1000; n++) {
		bench_wait_started(&b, n);
		ck_assert_uint_le(n_in_flight(&b), 1);
	}
	bench_finish(&b, 0);
	bench_end(&b);
}

TEST(files_are_suspect_too)
{
	struct bench b;

	bench_begin(&b, 100);
	bench_submit_urls(&b, "f", 10, NULL);
	bench_wait_fetches(&b, 10);
	bench_die(&b);
	bench_wait_fetches(&b, 20);
	bench_die(&b);
	bench_wait_fetches(&b, 21);
	run_turns(b.loop, 20);
	ck_assert_uint_eq(fetcher_in_flight(b.fetcher), 1);
	bench_die(&b);
	fake_fetcher_answer_all(b.fetcher, NULL);
	bench_finish(&b, 0);
	const struct fake_job *j = fake_store_job(b.store, 0);
	ck_assert_uint_eq(j->job.counts[ITEM_ERROR], 1);
	ck_assert_uint_eq(j->job.counts[ITEM_OK], 9);
	ck_assert_uint_eq(j->n_kept, 1); /* what crashed can be tried again */
	bench_end(&b);
}

static void on_post(void *arg)
{
	(void)arg;
}

/* A callback and an item stand in one line. */
TEST(a_suspect_callback_waits_for_a_suspect_item)
{
	struct bench b;
	struct suspect post = {.index = 1, .on_noted = on_post};

	bench_begin(&b, 100);
	bench_submit_many(&b, "n", 2);
	bench_die_twice(&b, 2);
	bench_wait_started(&b, 5);
	suspects_ask(b.opts.suspects, &post);
	run_turns(b.loop, 1);
	ck_assert_int_eq(post.place, SUSPECT_WAITING);
	suspects_leave(b.opts.suspects, &post);
	fake_checks_answer_all(b.checker);
	bench_finish(&b, 0);
	bench_end(&b);
}

SUITE(careful)
{
	ADD(nothing_is_told_while_ends_are_clean);
	ADD(after_one_end_a_chunk_is_told_before_it_begins);
	ADD(a_new_job_was_not_open_at_the_end_before_it);
	ADD(suspects_begin_in_groups_when_they_are_noted);
	ADD_ROWS(only_the_poison_is_given_up, plagues);
	ADD(what_is_not_suspect_goes_on);
	ADD(a_chunk_that_was_settled_between_is_no_suspect);
	ADD(a_paused_job_lets_others_have_the_note);
	ADD(a_cancelled_job_leaves_no_note);
	ADD(nothing_suspect_begins_while_it_cannot_be_noted);
	ADD(a_full_disk_holds_up_no_chunk);
	ADD(limits_of_the_job_hold);
	ADD(files_are_suspect_too);
	ADD(a_suspect_callback_waits_for_a_suspect_item);
}
