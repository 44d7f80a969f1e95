/* The table of schedules: their due times, live runs and watches. */
#include <stdlib.h>

#include "base/alloc.h"
#include "callbacks/callbacks.h"
#include "schedules/schedules_private.h"

/* Due times counted as passed over at most; the time between attempts. */
enum { MOST_COUNTED = 1000 };
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
	if (plan->patience > 0) /* waits are by the monotonic clock */
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

/* Count the due times after the one served now that have passed too. */
static uint64_t count_passed(
    const struct recurrence *r, const struct rhythm *before, const struct rhythm *after)
{
	uint64_t n = 0;

	if (r->every > 0)
		return (uint64_t)((after->due - before->due) / r->every - 1);
	for (usec_t due = before->due; n < MOST_COUNTED; n++) {
		usec_t fire = cron_next(&r->cron, r->zone, due - r->offset);
		if (fire < 0 || fire + r->offset > after->served_until)
			break;
		due = fire + r->offset;
	}
	return n;
}

struct serving plan_serving(const struct plan *plan)
{
	struct clocks now = schedules_clocks(plan->core);
	struct serving s = {.rhythm = plan->rhythm};

	/* the wall clock may have gone back since it was due */
	if (recurrence_clock(&plan->recurrence, &now) < plan->rhythm.due)
		now.wall = plan->rhythm.due;
	recurrence_serve(&plan->recurrence, &now, &s.rhythm);
	s.due = (struct due_time){.served_until = plan->served_until,
	    .next = recurrence_stored(&plan->recurrence, &now, &s.rhythm),
	    .n_skipped = count_passed(&plan->recurrence, &plan->rhythm, &s.rhythm)};
	return s;
}

static void fill(struct plan *plan, const struct schedule *schedule, const struct recurrence *r,
    const struct rhythm *rhythm)
{
	plan->overlap = schedule->rule.overlap;
	plan->is_paused = schedule->rule.is_paused;
	plan->is_waiting = false;
	plan->recurrence = *r;
	plan->rhythm = *rhythm;
	plan->served_until = schedule->served_until;
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
	fill(plan, schedule, r, rhythm);
	HASH_ADD(hh, core->schedules->plans, id, sizeof(plan->id), plan);
	plan_rest(plan);
	return plan;
}

void plan_change(struct plan *plan, const struct schedule *schedule, const struct recurrence *r,
    const struct rhythm *rhythm)
{
	due_heap_remove(&plan->entry);
	zone_close(plan->recurrence.zone);
	fill(plan, schedule, r, rhythm);
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
	struct live_job *run;

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

/* --- Runs and watches --- */

static void tell(struct plan *plan, enum schedule_event event, const struct job *job)
{
	struct schedule_watch *w, *next;

	for (w = LIST_FIRST(&plan->watches); w != NULL; w = next) {
		next = LIST_NEXT(w, link);
		w->on_event(event, job, w->arg);
	}
}

void schedules_run_began(struct live_job *run)
{
	struct plan *plan = schedules_find(run->core, &run->job.schedule_id);

	if (run->job.schedule_no == 0 || plan == NULL)
		return;
	run->plan = plan;
	/* after a restart it is not known where the changes of a run begin */
	run->changes_after = run->job.completed == 0 ? plan->changes : 0;
	LIST_INSERT_HEAD(&plan->runs, run, sister);
	tell(plan, SCHEDULE_RUN, &run->job);
}

void schedules_run_ended(struct live_job *run)
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

void schedules_noted(struct live_job *run, const struct run_changes *changes)
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
