/* Many jobs cancelled or deleted at once: those that fit, as they are now, and none else. */
#include "../unit.h"

#include "base/alloc.h"
#include "bench.h"
#include "jobs/bulk.h"

enum { MANY = 1101 }; /* more than two slices */

struct outcome_of_bulk {
	unsigned n_calls;
	enum err err;
	uint64_t n_jobs;
};

static void on_done(enum err e, uint64_t n_jobs, void *arg)
{
	struct outcome_of_bulk *o = arg;

	o->n_calls++;
	o->err = e;
	o->n_jobs = n_jobs;
}

static bool is_over(void *arg)
{
	return ((struct outcome_of_bulk *)arg)->n_calls > 0;
}

static struct outcome_of_bulk act(
    struct bench *b, enum bulk_verb verb, const struct job_filter *filter)
{
	struct outcome_of_bulk o = {0};

	bulk_start(b->core, verb, filter, on_done, &o);
	ck_assert_uint_eq(o.n_calls, 0);
	run_until(b->loop, is_over, &o, "all jobs");
	run_turns(b->loop, 3);
	ck_assert_uint_eq(o.n_calls, 1);
	return o;
}

static struct id submit(struct bench *b, const char *label)
{
	char text[120];

	snprintf(text, sizeof(text),
	    "{\"kind\":\"domains\",\"label\":\"%s\",\"domains\":[\"a.test\",\"b.test\"]}", label);
	return bench_submit_json(b, text);
}

static void begin_many(struct bench *b)
{
	bench_begin(b, 10);
	for (int i = 0; i < MANY; i++)
		submit(b, i % 100 == 7 ? "other" : "mine");
}

static size_t count(const struct bench *b, const char *label, enum job_state state, bool is_deleted)
{
	const struct fake_job *j;
	size_t n = 0;

	for (size_t i = 0; (j = fake_store_job(b->store, i)) != NULL; i++)
		n += strcmp(j->job.label, label) == 0 && j->job.state == state &&
		     j->is_deleted == is_deleted;
	return n;
}

TEST(cancels_all_that_fit)
{
	char label[] = "mine";
	const struct job_filter filter = {.label = label};
	struct bench b;

	begin_many(&b);
	struct outcome_of_bulk o = act(&b, BULK_CANCEL, &filter);
	ck_assert(o.err == OK && o.n_jobs == MANY - 11);
	ck_assert_uint_eq(count(&b, "mine", JOB_CANCELLED, false), MANY - 11);
	ck_assert_uint_eq(core_n_live(b.core), 11);
	o = act(&b, BULK_CANCEL, &filter);
	ck_assert(o.err == OK && o.n_jobs == 0);
	ck_assert_uint_ge(fake_store_n_done(b.store, STORE_LIST), 4); /* slices of two states */
	bench_end(&b);
}

TEST(deletes_all_that_fit)
{
	char label[] = "mine";
	const struct job_filter filter = {.label = label};
	struct bench b;

	begin_many(&b);
	struct outcome_of_bulk o = act(&b, BULK_DELETE, &filter);
	ck_assert(o.err == OK && o.n_jobs == MANY - 11);
	ck_assert_uint_eq(core_n_live(b.core), 11);
	fake_checks_answer_all(b.checker);
	while (core_n_live(b.core) > 0)
		run_turns(b.loop, 1);
	ck_assert_uint_eq(count(&b, "other", JOB_DONE, false), 11);
	bench_end(&b);
}

/* A live job is what it is now, whatever its row says: running ones have no results yet here. */
static const struct {
	const char *name;
	enum bulk_verb verb;
	enum job_state state;
	uint64_t n_jobs;
} states[] = {
    {"cancel those that run", BULK_CANCEL, JOB_RUNNING, 2},
    {"cancel those that wait", BULK_CANCEL, JOB_QUEUED, 3},
    {"cancel those that are done", BULK_CANCEL, JOB_DONE, 0},
    {"delete those that run", BULK_DELETE, JOB_RUNNING, 2},
    {"delete those that wait", BULK_DELETE, JOB_QUEUED, 3},
    {"delete those that are done", BULK_DELETE, JOB_DONE, 1},
    {"delete those that failed", BULK_DELETE, JOB_FAILED, 0},
};

TEST(judges_by_what_is_now)
{
	const struct job_filter filter = {.has_state = true, .state = states[_i].state};
	struct bench b;

	bench_begin(&b, 10);
	submit(&b, "done");
	bench_wait_started(&b, 2);
	ck_assert(fake_checks_finish(b.checker, NULL, ITEM_FOUND));
	ck_assert(fake_checks_finish(b.checker, NULL, ITEM_FOUND));
	bench_finish(&b, 0);
	b.opts.max_active = 2;
	core_set_limits(b.core, &b.opts);
	for (int i = 0; i < 5; i++)
		submit(&b, "live");
	bench_wait_started(&b, 6);
	struct outcome_of_bulk o = act(&b, states[_i].verb, &filter);
	ck_assert_msg(o.err == OK && o.n_jobs == states[_i].n_jobs, "%s: %llu", states[_i].name,
	    (unsigned long long)o.n_jobs);
	bench_end(&b);
}

TEST(files_go_with_their_jobs)
{
	const struct job_filter filter = {.has_kind = true, .kind = KIND_DOWNLOADS};
	struct bench b;

	bench_begin(&b, 10);
	struct id ids[2] = {
	    bench_submit_urls(&b, "f", 3, NULL), bench_submit_urls(&b, "g", 3, NULL)};
	submit(&b, "names");
	bench_wait_fetches(&b, 6);
	struct outcome_of_bulk o = act(&b, BULK_DELETE, &filter);
	ck_assert(o.err == OK && o.n_jobs == 2);
	ck_assert_uint_eq(fake_fetcher_n_removed(b.fetcher, &ids[0]), 1);
	ck_assert_uint_eq(fake_fetcher_n_removed(b.fetcher, &ids[1]), 1);
	ck_assert_uint_eq(core_n_live(b.core), 1);
	bench_end(&b);
}

TEST(jobs_that_come_meanwhile_are_not_touched)
{
	const struct job_filter filter = {.has_kind = true, .kind = KIND_DOMAINS};
	struct outcome_of_bulk o = {0};
	struct bench b;

	bench_begin(&b, 1);
	for (int i = 0; i < 600; i++)
		submit(&b, "old");
	fake_store_hold_reads(b.store, true);
	bulk_start(b.core, BULK_DELETE, &filter, on_done, &o);
	run_turns(b.loop, 3);
	fake_store_hold_reads(b.store, false);
	run_turns(b.loop, 1);
	submit(&b, "new");
	run_until(b.loop, is_over, &o, "all jobs");
	ck_assert_uint_ge(o.n_jobs, 600);
	ck_assert_uint_eq(core_n_live(b.core) + o.n_jobs, 601);
	bench_end(&b);
}

static const struct {
	const char *name;
	enum bulk_verb verb;
	enum err read, write, want;
} faults[] = {
    {"a list that can't be read", BULK_CANCEL, ERR_IO, OK, ERR_IO},
    {"a store that is full", BULK_DELETE, OK, ERR_FULL, ERR_FULL},
    {"a store that can't keep the end of jobs", BULK_CANCEL, OK, ERR_FULL, ERR_FULL},
};

TEST(gives_up_on_a_fault)
{
	const struct job_filter filter = {.has_kind = true, .kind = KIND_DOMAINS};
	struct bench b;

	begin_many(&b);
	fake_store_fail_reads(b.store, faults[_i].read);
	fake_store_fail_writes(b.store, faults[_i].write);
	struct outcome_of_bulk o = act(&b, faults[_i].verb, &filter);
	ck_assert_msg(o.err == faults[_i].want && o.n_jobs == 0, "%s", faults[_i].name);
	fake_store_fail_reads(b.store, OK);
	fake_store_fail_writes(b.store, OK);
	o = act(&b, BULK_DELETE, &filter);
	ck_assert(o.err == OK && o.n_jobs == MANY);
	bench_end(&b);
}

/* Begin to cancel many; no end is committed. */
static void start_cancel(
    struct bench *b, const struct job_filter *filter, struct outcome_of_bulk *ret_o)
{
	begin_many(b);
	fake_store_hold(b->store, true);
	bulk_start(b->core, BULK_CANCEL, filter, on_done, ret_o);
	run_turns(b->loop, 3);
	fake_store_release(b->store, fake_store_n_waiting(b->store, STORE_LIST));
	run_turns(b->loop, 3);
	ck_assert_uint_gt(fake_store_n_waiting(b->store, STORE_CANCEL), 0);
	ck_assert_uint_eq(ret_o->n_calls, 0);
}

TEST(is_told_when_the_core_goes_away)
{
	const struct job_filter filter = {.has_kind = true, .kind = KIND_DOMAINS};
	struct outcome_of_bulk o = {0};
	struct bench b;

	start_cancel(&b, &filter, &o);
	bench_end(&b);
	ck_assert(o.n_calls == 1 && o.err == ERR_BUSY);
}

TEST(gives_up_when_the_store_gets_full_meanwhile)
{
	const struct job_filter filter = {.has_kind = true, .kind = KIND_DOMAINS};
	struct outcome_of_bulk o = {0};
	struct bench b;

	start_cancel(&b, &filter, &o);
	fake_store_fail_writes(b.store, ERR_FULL);
	fake_store_hold(b.store, false);
	run_until(b.loop, is_over, &o, "the end");
	ck_assert(o.n_calls == 1 && o.err == ERR_FULL && o.n_jobs == 0);
	fake_store_fail_writes(b.store, OK);
	run_turns(b.loop, 50);
	ck_assert_uint_eq(count(&b, "mine", JOB_CANCELLED, false), 0);
	bench_end(&b);
}

SUITE(bulk)
{
	ADD(cancels_all_that_fit);
	ADD(deletes_all_that_fit);
	ADD_ROWS(judges_by_what_is_now, states);
	ADD(files_go_with_their_jobs);
	ADD(jobs_that_come_meanwhile_are_not_touched);
	ADD_ROWS(gives_up_on_a_fault, faults);
	ADD(is_told_when_the_core_goes_away);
	ADD(gives_up_when_the_store_gets_full_meanwhile);
}
