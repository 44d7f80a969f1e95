/* One timer serves all schedules. Each clock has a heap of its own, so that a step of the wall
 * clock puts neither out of order (model/recurrence.h). However many are due at a time, the runs
 * that begin in a turn, and those on their way to the store, are bounded, so requests are served
 * meanwhile. */
#include "schedules/schedules_private.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"

enum { MAX_PER_TURN = 32, MAX_BEGINNING = 128 };

/* Due times this close are served together. While some schedules follow the wall clock, which may
 * step, look at it at least this often. */
#define SLACK      (10 * USEC_PER_MSEC)
#define WALL_EVERY USEC_PER_SEC

/* A plan is due: begin its run, unless the previous one is under way and overlap forbids it. */
static void serve(struct plan *plan)
{
	struct live_job *run;

	due_heap_remove(&plan->entry);
	if (!store_is_writable(plan->core->opts.store)) {
		plan_put_off(plan);
	} else if (LIST_EMPTY(&plan->runs)) {
		plan_begin(plan);
	} else if (plan->overlap == OVERLAP_SKIP) {
		plan_pass(plan);
	} else {
		plan->is_waiting = true;
		if (plan->overlap == OVERLAP_REPLACE) {
			LIST_FOREACH (run, &plan->runs, sister)
				live_stop(run, JOB_CANCELLED, JOB_REASON_NONE);
		}
	}
}

/* Serve what is due in a heap, `now` on its clock. */
static void serve_heap(struct schedules *all, struct due_heap *heap, usec_t now, int *n_left)
{
	struct due_entry *first;

	while (*n_left > 0 && all->n_beginning < MAX_BEGINNING &&
	       (first = due_heap_first(heap)) != NULL && first->key <= now) {
		serve((struct plan *)((char *)first - offsetof(struct plan, entry)));
		--*n_left;
	}
}

/* The wall clock went back: schedules that follow it may be due sooner. */
static void follow_wall(struct schedules *all)
{
	for (struct plan *plan = all->plans; plan != NULL; plan = plan->hh.next) {
		if (plan->entry.heap == &all->wall)
			plan_rest(plan);
	}
}

static usec_t time_left(const struct due_heap *heap, usec_t now, usec_t most)
{
	const struct due_entry *first = due_heap_first(heap);

	if (first == NULL)
		return RECURRENCE_NEVER;
	usec_t left = first->key > now ? first->key - now : 0;
	return left < most ? left : most;
}

usec_t schedules_turn(struct core *core)
{
	struct schedules *all = core->schedules;
	struct clocks now = schedules_clocks(core);
	int n_left = MAX_PER_TURN;

	timer_cancel(&all->timer);
	if (core->is_draining)
		return RECURRENCE_NEVER;
	if (now.wall < all->wall_seen) {
		log_info("clock_set_back", "moved=back msec=%lld",
		    (long long)((all->wall_seen - now.wall) / USEC_PER_MSEC));
		follow_wall(all);
	}
	all->wall_seen = now.wall;
	serve_heap(all, &all->mono, now.mono, &n_left);
	serve_heap(all, &all->wall, now.wall, &n_left);
	if (all->n_beginning >= MAX_BEGINNING)
		return 0; /* the first of them to end starts the next turn */
	usec_t left = time_left(&all->mono, now.mono, RECURRENCE_NEVER);
	usec_t left_wall = time_left(&all->wall, now.wall, WALL_EVERY);
	left = left < left_wall ? left : left_wall;
	if (left == 0)
		defer_start(&all->turn);
	else if (left != RECURRENCE_NEVER)
		timer_start(&all->timer, left + SLACK - (now.mono + left) % SLACK);
	return left;
}

static void on_turn(void *arg)
{
	(void)schedules_turn(arg);
}

/* --- Start and end --- */

static void on_schedule(const struct schedule *schedule, void *arg)
{
	struct core *core = arg;
	struct clocks now = schedules_clocks(core);
	struct recurrence r = {.every = 0};
	struct rhythm rhythm = {.due = RECURRENCE_NEVER};
	char fault[CRON_FAULT_SIZE], id[ID_TEXT_SIZE];
	const char *field;

	if (!schedule_read_recurrence(&schedule->rule, &r, &field, fault)) {
		/* it was valid once; the data of time zones may have changed */
		id_format(&schedule->id, id);
		log_error(
		    "schedule_zone_unknown", "schedule=%s %s=%s", id, field, log_quote(fault));
	} else if (!schedule->rule.is_paused) {
		r.offset = recurrence_offset(&schedule->id, schedule_jitter(&schedule->rule));
		recurrence_restart(
		    &r, &now, schedule->served_until, schedule->rule.catch_up, &rhythm);
	}
	plan_new(core, schedule, &r, &rhythm);
}

static double get_active(void *arg)
{
	const struct core *core = arg;
	double n = 0;

	for (const struct plan *p = core->schedules->plans; p != NULL; p = p->hh.next)
		n += !p->is_paused;
	return n;
}

static double get_paused(void *arg)
{
	const struct core *core = arg;

	return (double)HASH_COUNT(core->schedules->plans) - get_active(arg);
}

bool schedules_init(struct core *core)
{
	struct schedules *all = xcalloc(1, sizeof(*all));

	core->schedules = all;
	all->core = core;
	TAILQ_INIT(&all->beginnings);
	TAILQ_INIT(&all->edits);
	timer_init(&all->timer, core->opts.loop, on_turn, core);
	defer_init(&all->turn, core->opts.loop, on_turn, core);
	all->wall_seen = schedules_clocks(core).wall;
	if (store_each_schedule(core->opts.store, on_schedule, core) != OK)
		return false;
	metrics_getter(METRIC_SCHEDULES, get_active, core, "active");
	metrics_getter(METRIC_SCHEDULES, get_paused, core, "paused");
	all->started = metrics_cell(METRIC_SCHEDULE_RUNS, "started");
	all->skipped = metrics_cell(METRIC_SCHEDULE_RUNS, "skipped");
	all->failed = metrics_cell(METRIC_SCHEDULE_RUNS, "failed");
	return true;
}

void schedules_done(struct core *core)
{
	struct schedules *all = core->schedules;

	if (all == NULL)
		return;
	timer_cancel(&all->timer);
	beginnings_done(core);
	edits_done(core);
	while (all->plans != NULL)
		plan_remove(all->plans);
	defer_cancel(&all->turn);
	due_heap_done(&all->mono);
	due_heap_done(&all->wall);
	free(all);
	core->schedules = NULL;
}
