/* Requests that the store refuses: nothing has changed, and the job goes on to its end. */
#include "../unit.h"

#include "bench.h"

enum { ITEMS = 20, ROOM = 5 };

struct reply {
	unsigned n_calls;
	enum err err;
};

static void on_done(enum err e, void *arg)
{
	struct reply *a = arg;

	a->n_calls++;
	a->err = e;
}

static void on_cancelled(enum err e, const struct job *job, void *arg)
{
	ck_assert((e == OK) == (job != NULL));
	on_done(e, arg);
}

static void cancel(struct bench *b, const struct job *job, struct reply *a)
{
	ck_assert(jobs_cancel(b->core, &job->id, on_cancelled, a));
}

static void delete (struct bench *b, const struct job *job, struct reply *a)
{
	jobs_delete(b->core, job, on_done, a);
}

static void pause_it(struct bench *b, const struct job *job, struct reply *a)
{
	ck_assert(jobs_pause(b->core, &job->id, true, on_done, a));
}

static const struct {
	const char *name;
	void (*ask)(struct bench *b, const struct job *job, struct reply *a);
	enum store_verb verb;
	enum err err;
} cases[] = {
    {"cancel, full", cancel, STORE_CANCEL, ERR_FULL},
    {"cancel, read-only", cancel, STORE_CANCEL, ERR_READ_ONLY},
    {"delete, full", delete, STORE_DELETE, ERR_FULL},
    {"delete, a fault", delete, STORE_DELETE, ERR_IO},
    {"pause, full", pause_it, STORE_PAUSE, ERR_FULL},
};

/* Be asked in the middle of a job, whose items go on meanwhile. */
TEST(the_job_goes_on)
{
	struct reply a = {0};
	struct bench b;

	bench_begin(&b, ROOM);
	struct id id = bench_submit_many(&b, "n", ITEMS);
	bench_wait_started(&b, ROOM);
	struct job before = *jobs_find(b.core, &id);
	fake_store_fail_verb(b.store, cases[_i].verb, cases[_i].err);
	cases[_i].ask(&b, &before, &a);
	ck_assert_uint_eq(checker_in_flight(b.checker), ROOM);
	ck_assert(fake_checks_finish(b.checker, "n0.test", ITEM_FOUND)); /* while it is under way */
	run_turns(b.loop, 20);
	ck_assert_msg(a.n_calls == 1 && a.err == cases[_i].err, "%s", cases[_i].name);
	const struct job *job = jobs_find(b.core, &id);
	ck_assert(job != NULL && job->state == before.state && !job->is_paused);
	ck_assert(checker_in_flight(b.checker) == ROOM && !fake_store_job(b.store, 0)->is_deleted);
	fake_checks_answer_all(b.checker);
	bench_finish(&b, 0);
	bench_end(&b);
}

/* The store becomes full while an answer with results waits to be committed. */
TEST(results_that_wait_are_kept)
{
	struct reply a = {0};
	struct bench b;

	bench_begin(&b, ROOM);
	struct id id = bench_submit_many(&b, "n", ITEMS);
	bench_wait_started(&b, ROOM);
	fake_store_fail_writes(b.store, ERR_FULL);
	ck_assert(fake_checks_finish(b.checker, "n0.test", ITEM_FOUND));
	run_turns(b.loop, 20);
	ck_assert(fake_checks_finish(b.checker, "n1.test", ITEM_FOUND));
	cases[_i].ask(&b, jobs_find(b.core, &id), &a);
	run_turns(b.loop, 20);
	ck_assert_msg(a.n_calls == 1 && a.err == ERR_FULL, "%s", cases[_i].name);
	fake_store_fail_writes(b.store, OK);
	fake_checks_answer_all(b.checker);
	bench_finish(&b, 0);
	bench_end(&b);
}

TEST(an_ended_job_stays)
{
	struct reply a = {0};
	struct bench b;

	bench_begin(&b, ROOM);
	fake_checks_answer_all(b.checker);
	bench_submit_many(&b, "n", 3);
	bench_finish(&b, 0);
	const struct job *job = &fake_store_job(b.store, 0)->job;
	fake_store_fail_verb(b.store, STORE_DELETE, ERR_FULL);
	delete (&b, job, &a);
	run_turns(b.loop, 20);
	ck_assert(a.err == ERR_FULL && !fake_store_job(b.store, 0)->is_deleted);
	fake_store_fail_verb(b.store, STORE_DELETE, OK);
	delete (&b, job, &a);
	delete (&b, job, &a);
	run_turns(b.loop, 20);
	ck_assert_msg(a.n_calls == 3 && a.err == ERR_NOT_FOUND, "the second finds it gone");
	bench_end(&b);
}

TEST(files_stay)
{
	struct reply a = {0};
	struct bench b;

	bench_begin(&b, ROOM);
	struct id id = bench_submit_urls(&b, "f", 3, NULL);
	bench_wait_fetches(&b, 3);
	fake_store_fail_verb(b.store, STORE_DELETE, ERR_FULL);
	delete (&b, jobs_find(b.core, &id), &a);
	run_turns(b.loop, 20);
	ck_assert_uint_eq(fetcher_in_flight(b.fetcher), 3);
	ck_assert_uint_eq(fake_fetcher_n_removed(b.fetcher, &id), 0);
	fake_fetcher_answer_all(b.fetcher, NULL);
	bench_finish(&b, 0);
	bench_end(&b);
}

/* A file that is saved just before the end is committed has no result: it goes. */
TEST(a_file_without_a_result_goes)
{
	struct reply a = {0};
	struct bench b;

	bench_begin(&b, ROOM);
	struct id id = bench_submit_urls(&b, "f", 3, NULL);
	bench_wait_fetches(&b, 3);
	fake_store_hold(b.store, true);
	cancel(&b, jobs_find(b.core, &id), &a);
	ck_assert(fake_fetcher_finish(b.fetcher, "f1", ITEM_OK, REASON_NONE));
	run_turns(b.loop, 5);
	fake_store_hold(b.store, false);
	run_turns(b.loop, 20);
	ck_assert_int_eq(a.err, OK);
	ck_assert_uint_eq(fake_store_job(b.store, 0)->n_results, 0);
	ck_assert_str_eq(fake_fetcher_removed_file(b.fetcher), "f1");
	bench_end(&b);
}

/* A number that was rolled back may be another job's by the time that the submission is given up.
 */
TEST(staged_input_that_was_refused_is_not_given_up_as_another_job)
{
	struct bench b;

	bench_begin(&b, ROOM);
	bench_submit_many(&b, "n", 3);
	fake_store_fail_verb(b.store, STORE_STAGE, ERR_FULL);
	struct buf text;
	buf_init(&text, 16 << 20);
	for (int i = 0; i < 60000; i++)
		buf_addf(&text, "m%d.test\n", i);
	struct outcome o = bench_submit(&b, BODY_TEXT, text.data, NULL, NULL);
	buf_done(&text);
	ck_assert_int_eq(o.status, 507);
	run_turns(b.loop, 20);
	ck_assert(!fake_store_job(b.store, 0)->is_deleted);
	bench_end(&b);
}

/* The result of the first of two equal names can't be read: the job says so and does not wait. */
TEST(results_that_cannot_be_copied_end_the_job)
{
	struct bench b;

	bench_begin(&b, ROOM);
	fake_checks_answer_all(b.checker);
	fake_store_fail_verb(b.store, STORE_COPY, ERR_DAMAGED);
	bench_submit_json(&b, "{\"kind\":\"domains\",\"domains\":[\"a.test\",\"a.test\"]}");
	run_turns(b.loop, 50);
	const struct fake_job *j = fake_store_job(b.store, 0);
	ck_assert(j->job.state == JOB_FAILED && j->job.reason == JOB_REASON_INPUT_LOST);
	ck_assert_uint_eq(j->n_results, 1);
	bench_end(&b);
}

SUITE(refusals)
{
	ADD_ROWS(the_job_goes_on, cases);
	ADD_ROWS(results_that_wait_are_kept, cases);
	ADD(an_ended_job_stays);
	ADD(files_stay);
	ADD(a_file_without_a_result_goes);
	ADD(results_that_cannot_be_copied_end_the_job);
	ADD(staged_input_that_was_refused_is_not_given_up_as_another_job);
}
