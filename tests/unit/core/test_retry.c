/* What failed in a job, submitted again: nothing else, nothing twice, and all that was asked for.
 */
#include "../unit.h"

#include <stdlib.h>

#include "bench.h"

/* What became of a retry. */
struct again {
	struct bench *b;
	struct submission *submission;
	unsigned n_calls;
	int status; /* of the problem; 0: none */
	struct job job;
	uint64_t duplicates;
};

static void on_done(const struct submission_outcome *outcome, void *arg)
{
	struct again *a = arg;

	a->n_calls++;
	a->status = outcome->problem->status;
	a->duplicates = outcome->duplicates;
	if (outcome->job != NULL)
		a->job = job_copy(outcome->job);
}

static bool is_over(void *arg)
{
	return ((struct again *)arg)->n_calls > 0;
}

static void begin_again(struct again *a, struct bench *b, size_t i)
{
	const struct submission_opts opts = {.events = {.on_done = on_done, .arg = a}};

	*a = (struct again){.b = b};
	a->submission = submission_new_retry(b->core, &fake_store_job(b->store, i)->job, &opts);
	ck_assert_uint_eq(a->n_calls, 0);
}

static void end_again(struct again *a)
{
	submission_free(a->submission);
	job_done(&a->job);
	ck_assert_uint_eq(a->n_calls, 1);
}

static struct again retry(struct bench *b, size_t i)
{
	struct again a;

	begin_again(&a, b, i);
	run_until(b->loop, is_over, &a, "the outcome of a retry");
	submission_free(a.submission);
	ck_assert_uint_eq(a.n_calls, 1);
	return a;
}

static bool is_ended(void *arg)
{
	const struct fake_job *j = arg;

	return job_state_is_ended(j->job.state);
}

static void wait_end(struct bench *b, size_t i)
{
	const struct fake_job *j = fake_store_job(b->store, i);

	run_until(b->loop, is_ended, (void *)(uintptr_t)j, "the end of a job");
	run_turns(b->loop, 5);
}

/* End all checks that wait: those of even numbers fail. */
static void fail_even(struct bench *b, int n)
{
	char name[32];

	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "n%d.test", i);
		ck_assert(
		    fake_checks_finish(b->checker, name, i % 2 == 0 ? ITEM_ERROR : ITEM_NOT_FOUND));
	}
}

TEST(names_that_failed_are_asked_again)
{
	struct bench b;

	bench_begin(&b, 100);
	bench_submit_many(&b, "n", 20);
	bench_wait_started(&b, 20);
	fail_even(&b, 20);
	wait_end(&b, 0);
	struct again a = retry(&b, 0);
	ck_assert_int_eq(a.status, 0);
	ck_assert_uint_eq(a.job.total, 10);
	ck_assert_mem_eq(&a.job.retry_of, &fake_store_job(b.store, 0)->job.id, sizeof(struct id));
	bench_wait_started(&b, 30);
	for (size_t i = 20; i < 30; i++)
		ck_assert_int_eq(atoi(fake_checks_name(b.checker, i) + 1) % 2, 0);
	fake_checks_answer_all(b.checker);
	bench_finish(&b, 1);
	job_done(&a.job);
	bench_end(&b);
}

TEST(names_that_stand_twice_are_asked_once_again)
{
	struct bench b;

	bench_begin(&b, 100);
	bench_submit_json(&b,
	    "{\"kind\":\"domains\",\"label\":\"mine\",\"priority\":7,\"rate\":900,\"attempts\":3,"
	    "\"callback_url\":\"https://a.test/\",\"deadline\":\"2h\",\"domains\":[\"a.test\","
	    "\"b.test\",\"A.test\",\"@\",\"a.test.\",\"@\",\"b.test\"]}");
	bench_wait_started(&b, 2);
	ck_assert(fake_checks_finish(b.checker, "a.test", ITEM_ERROR));
	ck_assert(fake_checks_finish(b.checker, "b.test", ITEM_FOUND));
	bench_finish(&b, 0);
	struct again a = retry(&b, 0);
	ck_assert_uint_eq(a.job.total, 5); /* a.test three times, and what is no name */
	ck_assert_uint_eq(a.duplicates, 2);
	ck_assert_str_eq(a.job.label, "mine");
	ck_assert_str_eq(a.job.callback_url, "https://a.test/");
	ck_assert(a.job.params.priority == 7 && a.job.params.rate == 900);
	ck_assert(a.job.params.attempts == 3 && a.job.deadline == 0);
	fake_checks_answer_all(b.checker);
	bench_finish(&b, 1);
	ck_assert_uint_eq(fake_checks_n_started(b.checker), 3);
	const struct job *job = &fake_store_job(b.store, 1)->job;
	ck_assert(job->counts[ITEM_NOT_FOUND] == 3 && job->counts[ITEM_ERROR] == 2);
	job_done(&a.job);
	bench_end(&b);
}

/* --- Files --- */

static const char files[] =
    "{\"kind\":\"downloads\",\"urls\":[\"http://a.test/f0\",{\"url\":\"http://a.test/f1\","
    "\"sha256\":\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\","
    "\"name\":\"one\",\"headers\":{\"Referer\":\"http://b.test/\"}},\"http://a.test/f2\","
    "\"nonsense\",{\"url\":\"http://a.test/other\",\"name\":\"one\"}]}";

/* Return the item in the i-th place of the store's job, which is not worked off yet. */
static struct chunk_item item_of(const struct bench *b, size_t job, int place)
{
	const struct fake_job *j = fake_store_job(b->store, job);
	struct chunk_item item = {.len = 0};
	size_t offset = 0;

	ck_assert_uint_ge(j->n_chunks, 1);
	for (int i = 0; i <= place; i++)
		ck_assert(chunk_next(&j->chunks[0].chunk, &offset, &item));
	return item;
}

static void check_item(const struct bench *b, size_t job, int place)
{
	struct file_item file;
	struct chunk_item item = item_of(b, job, place);

	ck_assert(item.is_valid && file_item_read(item.text, item.len, &file));
	ck_assert(file.url.len == 16 && memcmp(file.url.bytes, "http://a.test/f1", 16) == 0);
	ck_assert(file.name.len == 3 && file.sha256.len == 64 && file.headers.len > 10);
}

/* When the one file fails and the job ends. */
static const struct {
	const char *name;
	bool crashes, is_cancelled, crashes_again;
	uint64_t total; /* of the retry */
} ends[] = {
    {"done", false, false, false, 2},
    {"done after a crash", true, false, false, 2},
    {"cancelled", false, true, false, 2},
    {"cancelled after a crash", true, true, false, 2},
    {"and another crash before the retry", false, true, true, 2},
};

TEST(files_keep_what_was_asked_for)
{
	struct bench b;

	bench_begin(&b, 100);
	struct id id = bench_submit_json(&b, files);
	bench_wait_fetches(&b, 4);
	ck_assert(fake_fetcher_finish(b.fetcher, "one", ITEM_ERROR, REASON_BAD_CHECKSUM));
	bench_wait_results(&b, 0, 2);
	if (ends[_i].crashes) {
		fake_store_hold_reads(b.store, ends[_i].is_cancelled); /* not claimed again */
		bench_crash(&b);
	}
	if (ends[_i].is_cancelled)
		bench_cancel(&b, &id);
	else
		fake_fetcher_answer_all(b.fetcher, NULL);
	run_turns(b.loop, 10);
	fake_store_hold_reads(b.store, false);
	wait_end(&b, 0);
	if (ends[_i].crashes_again)
		bench_crash(&b);
	fake_fetcher_set_room(b.fetcher, 0);
	struct again a = retry(&b, 0);
	ck_assert_msg(a.status == 0, "%s: %d", ends[_i].name, a.status);
	ck_assert_msg(a.job.total == ends[_i].total, "%s", ends[_i].name);
	check_item(&b, 1, 0);
	ck_assert(!item_of(&b, 1, 1).is_valid);
	fake_fetcher_answer_all(b.fetcher, NULL);
	fake_fetcher_set_room(b.fetcher, 10);
	bench_finish(&b, 1);
	job_done(&a.job);
	bench_end(&b);
}

TEST(chunks_without_failures_are_not_kept)
{
	static const struct fetch_rule rules[] = {
	    {"f1500", ITEM_ERROR, REASON_TIMEOUT}, {NULL, ITEM_OK, REASON_NONE}};
	struct bench b;

	bench_begin(&b, 100);
	bench_submit_urls(&b, "f", 5000, NULL);
	fake_fetcher_answer_all(b.fetcher, rules);
	bench_finish(&b, 0);
	ck_assert_uint_eq(fake_store_job(b.store, 0)->n_kept, 1);
	bench_crash(&b); /* and what is kept is not claimed */
	struct again a = retry(&b, 0);
	ck_assert_uint_eq(a.job.total, 1);
	bench_finish(&b, 1);
	job_done(&a.job);
	bench_end(&b);
}

/* --- Many, and what goes wrong --- */

static void fail_all(struct bench *b, size_t n)
{
	bench_submit_many(b, "n", n);
	while (fake_store_job(b->store, 0)->n_results < n) {
		run_turns(b->loop, 2);
		while (fake_checks_finish(b->checker, NULL, ITEM_ERROR))
			;
	}
	wait_end(b, 0);
}

TEST(many_go_in_slices)
{
	struct bench b;

	bench_begin(&b, 5000);
	fail_all(&b, 60000);
	struct again a = retry(&b, 0);
	ck_assert_uint_eq(a.job.total, 60000);
	ck_assert_uint_ge(fake_store_n_done(b.store, STORE_FAILED), 60);
	ck_assert_uint_ge(fake_store_n_done(b.store, STORE_STAGE), 3);
	fake_checks_answer_all(b.checker);
	bench_finish(&b, 1);
	job_done(&a.job);
	bench_end(&b);
}

TEST(two_at_once_make_two_jobs)
{
	struct bench b;
	struct again first, second;

	bench_begin(&b, 5000);
	fail_all(&b, 3000);
	begin_again(&first, &b, 0);
	begin_again(&second, &b, 0);
	run_until(b.loop, is_over, &first, "the first");
	run_until(b.loop, is_over, &second, "the second");
	ck_assert(first.status == 0 && second.status == 0);
	ck_assert(memcmp(&first.job.id, &second.job.id, sizeof(struct id)) != 0);
	fake_checks_answer_all(b.checker);
	bench_finish(&b, 1);
	bench_finish(&b, 2);
	end_again(&first);
	end_again(&second);
	bench_end(&b);
}

static const struct {
	const char *name;
	enum err read, write;
	bool is_deleted;
	int status;
} faults[] = {
    {"results that can't be read", ERR_IO, OK, false, 500},
    {"a store that is full", OK, ERR_FULL, false, 507},
    {"the job is deleted", OK, OK, true, 404},
};

static void on_deleted(enum err e, void *arg)
{
	(void)arg;
	ck_assert_int_eq(e, OK);
}

TEST(a_fault_leaves_nothing)
{
	struct bench b;
	struct again a;

	bench_begin(&b, 5000);
	fail_all(&b, 40000);
	begin_again(&a, &b, 0);
	while (fake_store_n_done(b.store, STORE_STAGE) < 2) /* that of the first job was one */
		loop_turn(b.loop);
	fake_store_fail_reads(b.store, faults[_i].read);
	fake_store_fail_writes(b.store, faults[_i].write);
	if (faults[_i].is_deleted)
		jobs_delete(b.core, &fake_store_job(b.store, 0)->job, on_deleted, NULL);
	run_until(b.loop, is_over, &a, "the refusal");
	ck_assert_msg(a.status == faults[_i].status, "%s: %d", faults[_i].name, a.status);
	fake_store_fail_reads(b.store, OK);
	fake_store_fail_writes(b.store, OK);
	end_again(&a);
	run_turns(b.loop, 10);
	for (size_t i = 1; fake_store_job(b.store, i) != NULL; i++)
		ck_assert(fake_store_job(b.store, i)->is_deleted);
	ck_assert_uint_eq(core_n_live(b.core), 0);
	bench_end(&b);
}

TEST(given_up_in_the_middle)
{
	struct bench b;
	struct again a;

	bench_begin(&b, 5000);
	fail_all(&b, 40000);
	begin_again(&a, &b, 0);
	while (fake_store_n_done(b.store, STORE_FAILED) < 30)
		loop_turn(b.loop);
	submission_free(a.submission);
	run_turns(b.loop, 20);
	ck_assert_uint_eq(a.n_calls, 0);
	for (size_t i = 1; fake_store_job(b.store, i) != NULL; i++)
		ck_assert(fake_store_job(b.store, i)->is_deleted);
	bench_end(&b);
}

SUITE(retry)
{
	ADD(names_that_failed_are_asked_again);
	ADD(names_that_stand_twice_are_asked_once_again);
	ADD_ROWS(files_keep_what_was_asked_for, ends);
	ADD(chunks_without_failures_are_not_kept);
	ADD(many_go_in_slices);
	ADD(two_at_once_make_two_jobs);
	ADD_ROWS(a_fault_leaves_nothing, faults);
	ADD(given_up_in_the_middle);
}
