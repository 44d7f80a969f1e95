/* When calls about schedules are answered: once, never before they returned, and in order. */
#include "../unit.h"

#include "base/alloc.h"
#include "bench.h"
#include "schedules/schedules.h"
#include "wire/problem.h"

struct asked {
	int status;
	int *n_answers;
	int answer; /* its place among the answers, from 1; 0: none yet */
	struct id id;
};

static void note(struct asked *a, const struct problem *problem)
{
	ck_assert_int_eq(a->answer, 0);
	a->status = problem->status;
	a->answer = ++*a->n_answers;
}

static void on_run(const struct submission_outcome *outcome, void *arg)
{
	note(arg, outcome->problem);
}

static void on_edit(struct problem *problem, const struct schedule *schedule, void *arg)
{
	struct asked *a = arg;

	note(a, problem);
	if (schedule != NULL)
		a->id = schedule->id;
}

static void on_removed(enum err e, void *arg)
{
	*(enum err *)arg = e;
}

static bool is_answered(void *arg)
{
	return ((struct asked *)arg)->answer > 0;
}

static struct id add(struct bench *b)
{
	static const char body[] = "{\"every\":\"60s\",\"jitter\":\"0s\",\"job\":"
				   "{\"kind\":\"domains\",\"domains\":[\"a.test\"]}}";
	int n_answers = 0;
	struct asked asked = {.n_answers = &n_answers};
	struct schedule_edit_opts opts = {.action = SCHEDULE_ADD,
	    .body = xstrdup(body),
	    .len = strlen(body),
	    .on_done = on_edit,
	    .arg = &asked};

	b->opts.max_schedules = 1;
	b->opts.min_every = USEC_PER_SEC;
	core_set_limits(b->core, &b->opts);
	schedules_edit(b->core, &opts);
	run_until(b->loop, is_answered, &asked, "a change");
	ck_assert_int_eq(asked.status, 0);
	return asked.id;
}

TEST(nothing_is_answered_before_the_call_returned)
{
	struct bench b;
	struct id unknown = {{1}};
	int n_answers = 0;
	struct asked run = {.n_answers = &n_answers}, edit = {.n_answers = &n_answers};
	struct schedule_edit_opts opts = {.action = SCHEDULE_ADD, .on_done = on_edit, .arg = &edit};
	enum err removed = OK;

	bench_begin(&b, 10); /* its limit of schedules is 0 */
	schedules_run(b.core, &unknown, on_run, &run);
	schedules_remove(b.core, &unknown, on_removed, &removed);
	schedules_edit(b.core, &opts);
	ck_assert(n_answers == 0 && removed == OK);
	run_turns(b.loop, 20);
	ck_assert_int_eq(edit.status, 507);
	ck_assert_int_eq(run.status, 404);
	ck_assert_int_eq(removed, ERR_NOT_FOUND);
	bench_end(&b);
}

/* What is under way when the core ends is answered once, the oldest first. */
TEST(the_end_answers_in_order)
{
	enum { MANY = 3 };
	struct asked runs[MANY], edits[MANY];
	int n_runs = 0, n_edits = 0;
	struct bench b;

	bench_begin(&b, 10);
	struct id id = add(&b);
	fake_store_hold(b.store, true);
	for (int i = 0; i < MANY; i++) {
		runs[i] = (struct asked){.n_answers = &n_runs};
		schedules_run(b.core, &id, on_run, &runs[i]);
		struct schedule_edit_opts opts = {
		    .action = SCHEDULE_ADD, .on_done = on_edit, .arg = &edits[i]};
		edits[i] = (struct asked){.n_answers = &n_edits};
		schedules_edit(b.core, &opts); /* refused, in the next turn of the loop */
	}
	bench_end(&b);
	ck_assert(n_runs == MANY && n_edits == MANY);
	for (int i = 0; i < MANY; i++) {
		ck_assert_int_eq(runs[i].status, 503);
		ck_assert_int_eq(edits[i].answer, i + 1);
	}
}

SUITE(schedules_answers)
{
	ADD(nothing_is_answered_before_the_call_returned);
	ADD(the_end_answers_in_order);
}
