/* Schedules under clocks that the test sets: when runs begin, what stands in their way, what a
 * crash leaves. */
#include "../unit.h"

#include "base/alloc.h"
#include "bench.h"
#include "schedules/schedules.h"

#define MINUTE (60 * USEC_PER_SEC)
#define HOUR   (60 * MINUTE)
#define EPOCH  ((usec_t)1767225600 * USEC_PER_SEC) /* 2026-01-01T00:00:00Z */

static struct clocks now;

static void read_clocks(struct clocks *ret_now)
{
	*ret_now = now;
}

static void pass(usec_t time)
{
	now.mono += time;
	now.wall += time;
}

static void begin(struct bench *b)
{
	now = (struct clocks){.mono = 1000 * USEC_PER_SEC, .wall = EPOCH};
	bench_begin(b, 100);
	core_free(b->core);
	b->opts.read_clocks = read_clocks;
	b->opts.min_every = USEC_PER_SEC;
	b->opts.max_schedules = FAKE_MAX_SCHEDULES;
	b->opts.max_active = 100;
	b->core = core_new(&b->opts);
}

struct edited {
	unsigned n_calls;
	int status;
	struct id id;
	uint64_t revision;
};

static void on_edited(struct problem *problem, const struct schedule *schedule, void *arg)
{
	struct edited *e = arg;

	e->n_calls++;
	e->status = problem->status;
	if (schedule != NULL) {
		e->id = schedule->id;
		e->revision = schedule->revision;
	}
}

static bool is_edited(void *arg)
{
	return ((struct edited *)arg)->n_calls > 0;
}

static struct edited edit(
    struct bench *b, enum schedule_action action, const struct id *id, const char *body)
{
	struct edited e = {.status = 0};
	struct schedule_edit_opts opts = {.action = action,
	    .body = body != NULL ? xstrdup(body) : NULL,
	    .len = body != NULL ? strlen(body) : 0,
	    .on_done = on_edited,
	    .arg = &e};

	if (id != NULL)
		opts.id = *id;
	schedules_edit(b->core, &opts);
	run_until(b->loop, is_edited, &e, "a change");
	return e;
}

/* Add a schedule; `rule` is what stands before the job. */
static struct id add(struct bench *b, const char *rule)
{
	char body[300];

	snprintf(body, sizeof(body), "{%s,\"job\":{\"kind\":\"domains\",\"domains\":[\"a.test\"]}}",
	    rule);
	struct edited e = edit(b, SCHEDULE_ADD, NULL, body);
	ck_assert_msg(e.status == 0, "%s: %d", rule, e.status);
	return e.id;
}

static struct schedule_view look(struct bench *b, const struct id *id)
{
	struct schedule_view view;

	ck_assert(schedules_look(b->core, id, SCHEDULE_NEXT_RUNS, &view));
	return view;
}

static size_t n_jobs(const struct bench *b)
{
	return fake_store_n_done(b->store, STORE_SUBMIT);
}

/* Let what is due happen. */
static void turn(struct bench *b)
{
	for (int i = 0; i < 5; i++) {
		(void)schedules_turn(b->core);
		run_turns(b->loop, 12);
	}
}

/* Have all runs end. */
static void finish_all(struct bench *b)
{
	while (fake_checks_finish(b->checker, "a.test", ITEM_FOUND))
		;
	for (size_t i = 0; fake_store_job(b->store, i) != NULL; i++)
		bench_finish(b, i);
}

static const struct schedule *row(const struct bench *b, size_t i)
{
	return &fake_store_schedules(b->store)->rows[i];
}

TEST(an_interval_keeps_its_grid)
{
	struct bench b;

	begin(&b);
	struct id id = add(&b, "\"every\":\"60s\",\"jitter\":\"0s\"");
	ck_assert_int_eq(look(&b, &id).times[0], EPOCH + MINUTE);
	pass(MINUTE - 1);
	turn(&b);
	ck_assert_uint_eq(n_jobs(&b), 0);
	pass(1);
	turn(&b);
	ck_assert_uint_eq(n_jobs(&b), 1);
	finish_all(&b);
	turn(&b);
	ck_assert_uint_eq(n_jobs(&b), 1);
	pass(MINUTE + 20 * USEC_PER_SEC); /* late */
	turn(&b);
	ck_assert_uint_eq(n_jobs(&b), 2);
	ck_assert_int_eq(look(&b, &id).times[0], EPOCH + 3 * MINUTE);
	finish_all(&b);
	pass(5 * MINUTE);
	turn(&b);
	ck_assert_uint_eq(n_jobs(&b), 3); /* one for all that passed */
	ck_assert_uint_eq(row(&b, 0)->skipped, 4);
	ck_assert_uint_eq(row(&b, 0)->runs, 3);
	finish_all(&b);
	bench_end(&b);
}

static const struct {
	const char *name, *rule;
	usec_t step; /* of the wall clock, when half a minute has passed */
	size_t runs; /* in the ten minutes that follow */
} steps[] = {
    {"interval, forward", "\"every\":\"60s\",\"jitter\":\"0s\"", 5 * HOUR, 10},
    {"interval, back", "\"every\":\"60s\",\"jitter\":\"0s\"", -5 * HOUR, 10},
    {"interval, a year back", "\"every\":\"60s\",\"jitter\":\"0s\"", -365 * 24 * HOUR, 10},
    {"cron, forward", "\"cron\":\"* * * * *\"", 5 * HOUR, 11}, /* one for what was passed */
    {"cron, an hour back", "\"cron\":\"* * * * *\"", -1 * HOUR, 10},
    {"cron, a minute back", "\"cron\":\"* * * * *\"", -1 * MINUTE, 9},
    {"cron, days back", "\"cron\":\"* * * * *\"", -50 * HOUR, 10},
};

TEST(steps_of_the_wall_clock)
{
	struct bench b;

	begin(&b);
	add(&b, steps[_i].rule);
	pass(MINUTE + USEC_PER_SEC);
	turn(&b);
	ck_assert_uint_eq(n_jobs(&b), 1);
	finish_all(&b);
	pass(MINUTE / 2);
	now.wall += steps[_i].step;
	for (int i = 0; i < 600; i++) {
		(void)schedules_turn(b.core);
		run_turns(b.loop, 8);
		finish_all(&b);
		pass(USEC_PER_SEC);
	}
	ck_assert_msg(
	    n_jobs(&b) - 1 == steps[_i].runs, "%s: %zu runs", steps[_i].name, n_jobs(&b) - 1);
	bench_end(&b);
}

TEST(overlap_skip_counts)
{
	struct bench b;

	begin(&b);
	struct id id = add(&b, "\"every\":\"60s\",\"jitter\":\"0s\"");
	for (int i = 0; i < 4; i++) {
		pass(MINUTE);
		turn(&b);
	}
	ck_assert_uint_eq(n_jobs(&b), 1);
	ck_assert_uint_eq(row(&b, 0)->skipped, 3);
	ck_assert(look(&b, &id).is_running);
	finish_all(&b);
	ck_assert(!look(&b, &id).is_running);
	pass(MINUTE);
	turn(&b);
	ck_assert_uint_eq(n_jobs(&b), 2);
	finish_all(&b);
	bench_end(&b);
}

TEST(overlap_queue_has_one_wait)
{
	struct bench b;

	begin(&b);
	add(&b, "\"every\":\"60s\",\"jitter\":\"0s\",\"overlap\":\"queue\"");
	for (int i = 0; i < 4; i++) {
		pass(MINUTE);
		turn(&b);
	}
	ck_assert_uint_eq(n_jobs(&b), 1);
	ck_assert(fake_checks_finish(b.checker, "a.test", ITEM_FOUND));
	bench_finish(&b, 0);
	turn(&b);
	ck_assert_uint_eq(n_jobs(&b), 2); /* not three */
	ck_assert_uint_eq(row(&b, 0)->skipped, 2);
	finish_all(&b);
	turn(&b);
	ck_assert_uint_eq(n_jobs(&b), 2);
	bench_end(&b);
}

TEST(overlap_replace_waits_for_the_end)
{
	struct bench b;

	begin(&b);
	add(&b, "\"every\":\"60s\",\"jitter\":\"0s\",\"overlap\":\"replace\"");
	pass(MINUTE);
	turn(&b);
	fake_store_hold(b.store, true);
	pass(MINUTE);
	turn(&b);
	ck_assert_uint_eq(fake_store_n_waiting(b.store, STORE_PUT), 1); /* the cancel */
	ck_assert_uint_eq(fake_store_n_waiting(b.store, STORE_SCHEDULE_LOAD), 0);
	fake_store_hold(b.store, false);
	turn(&b);
	ck_assert_uint_eq(n_jobs(&b), 2);
	ck_assert_int_eq(fake_store_job(b.store, 0)->job.state, JOB_CANCELLED);
	ck_assert(fake_checks_finish(b.checker, "a.test", ITEM_FOUND));
	bench_finish(&b, 1);
	bench_end(&b);
}

static const struct {
	const char *name, *rule;
	size_t runs;
} restarts[] = {
    {"skip", "\"every\":\"60s\",\"catch_up\":\"skip\"", 0},
    {"one", "\"every\":\"60s\",\"catch_up\":\"one\"", 1},
    {"cron, skip", "\"cron\":\"* * * * *\"", 0},
    {"cron, one", "\"cron\":\"* * * * *\",\"catch_up\":\"one\"", 1},
};

TEST(catch_up)
{
	struct bench b;

	begin(&b);
	add(&b, restarts[_i].rule);
	pass(30 * HOUR + MINUTE / 2);
	now.mono = 0; /* another start of the machine */
	bench_crash(&b);
	turn(&b);
	ck_assert_msg(n_jobs(&b) == restarts[_i].runs, "%s: %zu", restarts[_i].name, n_jobs(&b));
	finish_all(&b);
	pass(MINUTE + 7 * USEC_PER_SEC);
	turn(&b);
	ck_assert_uint_eq(n_jobs(&b), restarts[_i].runs + 1);
	finish_all(&b);
	bench_end(&b);
}

/* The process ends after each of the store's operations: a due time has one job, and has it at
 * last. */
TEST(crash_between_any_two_operations)
{
	struct bench b;

	for (size_t n = 0; n < 4; n++) {
		begin(&b);
		add(&b, "\"every\":\"60s\",\"jitter\":\"0s\",\"catch_up\":\"one\"");
		fake_store_hold(b.store, true);
		pass(MINUTE);
		for (size_t i = 0; i < n; i++) {
			turn(&b);
			if (fake_store_n_waiting(b.store, STORE_SCHEDULE_LOAD) +
				fake_store_n_waiting(b.store, STORE_SUBMIT) >
			    0)
				fake_store_release(b.store, 1);
		}
		run_turns(b.loop, 10);
		bench_crash(&b);
		fake_store_hold(b.store, false);
		turn(&b);
		ck_assert_msg(n_jobs(&b) == 1, "after %zu operations: %zu", n, n_jobs(&b));
		ck_assert_uint_eq(row(&b, 0)->runs, 1);
		bench_end(&b);
	}
}

TEST(a_full_store_is_waited_for)
{
	struct bench b;

	begin(&b);
	add(&b, "\"every\":\"60s\",\"jitter\":\"0s\"");
	fake_store_fail_writes(b.store, ERR_FULL);
	pass(MINUTE);
	for (int i = 0; i < 100; i++) {
		turn(&b);
		pass(USEC_PER_SEC / 10);
	}
	ck_assert_uint_eq(n_jobs(&b), 0);
	fake_store_fail_writes(b.store, OK);
	for (int i = 0; i < 20; i++) {
		turn(&b);
		pass(USEC_PER_SEC);
	}
	ck_assert_uint_eq(n_jobs(&b), 1);
	fake_store_schedules(b.store)->serve_error = ERR_FULL; /* that one write alone */
	finish_all(&b);
	pass(MINUTE);
	turn(&b);
	ck_assert_uint_eq(n_jobs(&b), 1);
	fake_store_schedules(b.store)->serve_error = OK;
	pass(USEC_PER_SEC);
	turn(&b);
	ck_assert_uint_eq(n_jobs(&b), 2);
	finish_all(&b);
	bench_end(&b);
}

TEST(many_at_once_are_spread)
{
	enum { MANY = 250 };
	struct bench b;

	begin(&b);
	for (int i = 0; i < MANY; i++)
		add(&b, "\"every\":\"60s\",\"jitter\":\"0s\"");
	fake_store_hold(b.store, true);
	pass(MINUTE);
	(void)schedules_turn(b.core);
	ck_assert_uint_le(fake_store_n_waiting(b.store, STORE_SCHEDULE_LOAD), 32);
	run_turns(b.loop, 50);
	ck_assert_uint_le(fake_store_n_waiting(b.store, STORE_SCHEDULE_LOAD), 128);
	fake_store_hold(b.store, false);
	for (int i = 0; i < 20; i++)
		turn(&b);
	ck_assert_uint_eq(n_jobs(&b), MANY);
	bench_end(&b);
}

TEST(a_paused_one_rests)
{
	struct bench b;

	begin(&b);
	struct id id = add(&b, "\"every\":\"60s\",\"jitter\":\"0s\"");
	ck_assert_int_eq(edit(&b, SCHEDULE_PAUSE, &id, NULL).status, 0);
	ck_assert_uint_eq(look(&b, &id).n_times, 0);
	pass(10 * MINUTE);
	turn(&b);
	ck_assert_uint_eq(n_jobs(&b), 0);
	bench_crash(&b);
	turn(&b);
	ck_assert_uint_eq(n_jobs(&b), 0);
	ck_assert_uint_eq(edit(&b, SCHEDULE_RESUME, &id, NULL).revision, 3);
	ck_assert_uint_eq(edit(&b, SCHEDULE_RESUME, &id, NULL).revision, 3);
	ck_assert_int_eq(look(&b, &id).times[0], now.wall + MINUTE);
	bench_end(&b);
}

/* A change of the time comes while a run is on its way to the store. */
TEST(a_change_before_its_run_is_committed)
{
	struct bench b;

	begin(&b);
	struct id id = add(&b, "\"every\":\"60s\",\"jitter\":\"0s\"");
	fake_store_hold(b.store, true);
	pass(MINUTE);
	turn(&b);
	struct edited e = {.status = 0};
	struct schedule_edit_opts opts = {.action = SCHEDULE_PATCH,
	    .id = id,
	    .body = xstrdup("{\"every\":\"5m\"}"),
	    .len = strlen("{\"every\":\"5m\"}"),
	    .on_done = on_edited,
	    .arg = &e};
	schedules_edit(b.core, &opts);
	run_turns(b.loop, 20);
	fake_store_hold(b.store, false);
	run_until(b.loop, is_edited, &e, "a change");
	ck_assert_int_eq(e.status, 0);
	turn(&b);
	size_t n = n_jobs(&b);
	ck_assert_uint_le(n, 1);
	ck_assert_int_eq(look(&b, &id).times[0], now.wall + 5 * MINUTE);
	ck_assert_uint_eq(row(&b, 0)->runs, n);
	for (size_t i = 0; i < n; i++)
		finish_all(&b);
	pass(5 * MINUTE);
	turn(&b);
	ck_assert_uint_eq(n_jobs(&b), n + 1);
	finish_all(&b);
	bench_end(&b);
}

static void on_removed(enum err e, void *arg)
{
	*(enum err *)arg = e;
}

TEST(removed_while_a_run_begins)
{
	struct bench b;
	enum err e = ERR_BUSY;

	begin(&b);
	struct id id = add(&b, "\"every\":\"60s\",\"jitter\":\"0s\"");
	fake_store_hold(b.store, true);
	pass(MINUTE);
	turn(&b);
	schedules_remove(b.core, &id, on_removed, &e);
	fake_store_hold(b.store, false);
	turn(&b);
	ck_assert_int_eq(e, OK);
	ck_assert_uint_le(n_jobs(&b), 1);
	schedules_remove(b.core, &id, on_removed, &e);
	turn(&b);
	ck_assert_int_eq(e, ERR_NOT_FOUND);
	pass(10 * MINUTE);
	turn(&b);
	ck_assert_uint_le(n_jobs(&b), 1);
	bench_end(&b);
}

SUITE(schedules)
{
	ADD(an_interval_keeps_its_grid);
	ADD_ROWS(steps_of_the_wall_clock, steps);
	ADD(overlap_skip_counts);
	ADD(overlap_queue_has_one_wait);
	ADD(overlap_replace_waits_for_the_end);
	ADD_ROWS(catch_up, restarts);
	ADD(crash_between_any_two_operations);
	ADD(a_full_store_is_waited_for);
	ADD(many_at_once_are_spread);
	ADD(a_paused_one_rests);
	ADD(a_change_before_its_run_is_committed);
	ADD(removed_while_a_run_begins);
}
