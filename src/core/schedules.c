/* The table of schedules, and the one timer that serves them all. Two heaps, one a clock, so that
 * no step of the wall clock puts either out of order (model/recurrence.h). However many are due at
 * one time, some begin in a turn and no more than that are on their way to the store, so requests
 * are served meanwhile. */
#include "core/schedules_private.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "core/callbacks.h"
#include "core/jobs_private.h"

enum { MAX_PER_TURN = 32, MAX_BEGINNING = 128, MOST_COUNTED = 1000 };

/* Due times are served together when they are so close; how long nothing is due at most while some
 * follow the wall clock, which may step; the time from one attempt to the next. */
#define SLACK          (10 * USEC_PER_MSEC)
#define WALL_EVERY     USEC_PER_SEC
#define FIRST_PATIENCE (USEC_PER_SEC / 2)
#define MOST_PATIENCE  (60 * USEC_PER_SEC)

struct clocks schedules_clocks(const struct core *core)
{
	struct clocks now;

	if (core->opts.read_clocks != NULL)
		core->opts.read_clocks(&now);
	else
		now = (struct clocks){.mono = clock_mono(), .wall = clock_wall()};
	return now;
}

struct plan *schedules_find(struct core *core, const struct id *id)
{
	struct plan *plan = NULL;

	if (core->schedules != NULL && core->schedules->plans != NULL)
		HASH_FIND(hh, core->schedules->plans, id, sizeof(*id), plan);
	return plan;
}

/* --- A plan --- */

void plan_rest(struct plan *plan)
{
	struct schedules *all = plan->core->schedules;
	struct clocks now = schedules_clocks(plan->core);
	bool is_cron = plan->recurrence.every == 0;

	if (plan->is_gone || plan->is_paused || plan->is_beginning || plan->is_waiting)
		return;
	(void)recurrence_follow(&plan->recurrence, &now, &plan->rhythm);
	if (plan->rhythm.due == RECURRENCE_NEVER)
		return;
	if (plan->patience > 0) /* waits are none of the wall clock's business */
		due_heap_put(&all->mono, &plan->entry, now.mono + plan->patience);
	else
		due_heap_put(is_cron ? &all->wall : &all->mono, &plan->entry, plan->rhythm.due);
	defer_start(&all->turn);
}

void plan_put_off(struct plan *plan)
{
	usec_t longer = plan->patience * 2;

	plan->patience = plan->patience == 0      ? FIRST_PATIENCE
			 : longer < MOST_PATIENCE ? longer
						  : MOST_PATIENCE;
	plan_rest(plan);
}

/* Due times behind the one that is served now which have passed too. */
static uint64_t count_passed(
    const struct recurrence *r, const struct rhythm *before, const struct rhythm *after)
{
	uint64_t n = 0;

	if (r->every > 0)
		return (uint64_t)((after->due - before->due) / r->every - 1);
	for (usec_t due = before->due; n < MOST_COUNTED; n++) {
		usec_t fire = cron_next(&r->cron, r->zone, due - r->offset);
		if (fire < 0 || fire + r->offset > after->settled)
			break;
		due = fire + r->offset;
	}
	return n;
}

struct settling plan_settle(const struct plan *plan)
{
	struct clocks now = schedules_clocks(plan->core);
	struct settling s = {.rhythm = plan->rhythm};

	/* the wall clock may have gone back since it was due */
	if (recurrence_clock(&plan->recurrence, &now) < plan->rhythm.due)
		now.wall = plan->rhythm.due;
	recurrence_serve(&plan->recurrence, &now, &s.rhythm);
	s.due = (struct due_time){.settled = plan->settled,
	    .next = recurrence_stored(&plan->recurrence, &now, &s.rhythm),
	    .n_skipped = count_passed(&plan->recurrence, &plan->rhythm, &s.rhythm)};
	return s;
}

static void take_over(struct plan *plan, const struct schedule *schedule,
    const struct recurrence *r, const struct rhythm *rhythm)
{
	plan->overlap = schedule->rule.overlap;
	plan->is_paused = schedule->rule.is_paused;
	plan->is_waiting = false;
	plan->recurrence = *r;
	plan->rhythm = *rhythm;
	plan->settled = schedule->settled;
	plan->changes = schedule->changes;
	plan->patience = 0;
}

struct plan *plan_new(struct core *core, const struct schedule *schedule,
    const struct recurrence *r, const struct rhythm *rhythm)
{
	struct plan *plan = xcalloc(1, sizeof(*plan));

	plan->core = core;
	plan->id = schedule->id;
	plan->no = schedule->no;
	LIST_INIT(&plan->runs);
	LIST_INIT(&plan->watches);
	take_over(plan, schedule, r, rhythm);
	HASH_ADD(hh, core->schedules->plans, id, sizeof(plan->id), plan);
	plan_rest(plan);
	return plan;
}

void plan_change(struct plan *plan, const struct schedule *schedule, const struct recurrence *r,
    const struct rhythm *rhythm)
{
	due_heap_remove(&plan->entry);
	zone_close(plan->recurrence.zone);
	take_over(plan, schedule, r, rhythm);
	plan_rest(plan);
}

static void free_plan(struct plan *plan)
{
	zone_close(plan->recurrence.zone);
	free(plan);
}

void plan_hold(struct plan *plan)
{
	plan->n_held++;
}

void plan_release(struct plan *plan)
{
	if (--plan->n_held == 0 && plan->is_gone)
		free_plan(plan);
}

void plan_remove(struct plan *plan)
{
	struct schedule_watch *w;
	struct run *run;

	due_heap_remove(&plan->entry);
	while ((run = LIST_FIRST(&plan->runs)) != NULL) {
		LIST_REMOVE(run, sister);
		run->plan = NULL;
	}
	while ((w = LIST_FIRST(&plan->watches)) != NULL) {
		schedules_unwatch(w);
		w->on_event(SCHEDULE_GONE, NULL, w->arg);
	}
	HASH_DEL(plan->core->schedules->plans, plan);
	plan->is_gone = true;
	if (plan->n_held == 0)
		free_plan(plan);
}

/* --- Time --- */

/* It is time for a plan: begin its run, unless the one before stands in the way. */
static void serve(struct plan *plan)
{
	struct run *run;

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
				commit_stop(run, JOB_CANCELLED, JOB_REASON_NONE);
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

/* The wall clock went back: what follows it may have to be served sooner. */
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
		log_info("wall_clock", "moved=back msec=%lld",
		    (long long)((all->wall_seen - now.wall) / USEC_PER_MSEC));
		follow_wall(all);
	}
	all->wall_seen = now.wall;
	serve_heap(all, &all->mono, now.mono, &n_left);
	serve_heap(all, &all->wall, now.wall, &n_left);
	if (all->n_beginning >= MAX_BEGINNING)
		return 0; /* the first of them that is through has the next turn made */
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

/* --- Runs and watches --- */

static void tell(struct plan *plan, enum schedule_event event, const struct job *job)
{
	struct schedule_watch *w, *next;

	for (w = LIST_FIRST(&plan->watches); w != NULL; w = next) {
		next = LIST_NEXT(w, link);
		w->on_event(event, job, w->arg);
	}
}

void schedules_run_began(struct run *run)
{
	struct plan *plan = schedules_find(run->core, &run->job.schedule_id);

	if (run->job.schedule_no == 0 || plan == NULL)
		return;
	run->plan = plan;
	/* of a run that goes on after a start it isn't known where its changes begin */
	run->changes_after = run->job.completed == 0 ? plan->changes : 0;
	LIST_INSERT_HEAD(&plan->runs, run, sister);
	tell(plan, SCHEDULE_RUN, &run->job);
}

void schedules_run_ended(struct run *run)
{
	struct plan *plan = run->plan;

	if (plan == NULL)
		return;
	LIST_REMOVE(run, sister);
	run->plan = NULL;
	if (job_state_is_ended(run->job.state))
		tell(plan, SCHEDULE_RUN, &run->job);
	if (plan->is_waiting && LIST_EMPTY(&plan->runs)) {
		plan->is_waiting = false;
		plan_rest(plan);
	}
}

void schedules_noted(struct run *run, const struct run_changes *changes)
{
	run->n_changes += changes->n;
	if (changes->is_called)
		callbacks_wake(run->core->opts.callbacks);
	if (run->plan == NULL || changes->n == 0)
		return;
	run->plan->changes = changes->last;
	tell(run->plan, SCHEDULE_CHANGED, NULL);
}

bool schedules_watch(struct core *core, const struct id *id, struct schedule_watch *w,
    void (*on_event)(enum schedule_event event, const struct job *job, void *arg), void *arg)
{
	struct plan *plan = schedules_find(core, id);

	if (plan == NULL)
		return false;
	*w = (struct schedule_watch){.plan = plan, .on_event = on_event, .arg = arg};
	LIST_INSERT_HEAD(&plan->watches, w, link);
	return true;
}

void schedules_unwatch(struct schedule_watch *w)
{
	if (w->plan != NULL)
		LIST_REMOVE(w, link);
	w->plan = NULL;
}

int64_t schedules_no(struct core *core, const struct id *id)
{
	const struct plan *plan = schedules_find(core, id);

	return plan != NULL ? plan->no : 0;
}

uint64_t schedules_last_change(struct core *core, const struct id *id)
{
	const struct plan *plan = schedules_find(core, id);

	return plan != NULL ? plan->changes : 0;
}

bool schedules_look(
    struct core *core, const struct id *id, size_t n_times, struct schedule_view *ret_view)
{
	struct plan *plan = schedules_find(core, id);
	struct clocks now = schedules_clocks(core);

	if (plan == NULL)
		return false;
	ret_view->is_running = !LIST_EMPTY(&plan->runs);
	ret_view->n_times = plan->is_paused ? 0
					    : recurrence_list(&plan->recurrence, &now,
						  &plan->rhythm, ret_view->times, n_times);
	return true;
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
		/* it was good once: the data of zones may be others now */
		id_format(&schedule->id, id);
		log_error("schedule_rests", "schedule=%s %s=%s", id, field, log_quote(fault));
	} else if (!schedule->rule.is_paused) {
		r.offset = recurrence_offset(&schedule->id, schedule_jitter(&schedule->rule));
		recurrence_restart(&r, &now, schedule->settled, schedule->rule.catch_up, &rhythm);
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
	LIST_INIT(&all->beginnings);
	LIST_INIT(&all->edits);
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
