/* Inside schedules: the table of schedules, and what the files offer each other. plans.c has the
 * table, beginnings.c makes jobs, edits.c changes schedules, schedules.c has the timer. Thread:
 * loop. */
#pragma once

#include "base/metrics.h"
#include "jobs/context.h"
#include "jobs/due_heap.h"
#include "schedules/schedules.h"

/* A schedule as the table has it.
 *
 *   resting ---> due ---> beginning ---> resting
 *    ^            |           |
 *    |            v           v the store can't, or the core drains
 *    |         waiting     resting, for a while; the due time is still to be served
 *    |            |
 *    +---<--------+ for the end of the run before: queue, replace
 *
 * resting: in one of the heaps. beginning: an operation of the store is under way that serves a
 * due time. The others are in no heap. */
struct plan {
	UT_hash_handle hh;
	struct core *core;
	struct id id;
	int64_t no;
	enum schedule_overlap overlap;
	bool is_paused;
	bool is_beginning, is_waiting;
	bool is_gone;                 /* deleted: freed when no run is beginning */
	unsigned n_held;              /* by runs that are beginning, due or asked for */
	struct recurrence recurrence; /* its zone is owned */
	struct rhythm rhythm;
	usec_t served_until; /* as the store has it */
	usec_t patience;     /* until the next attempt, when the one before has failed; else 0 */
	struct due_entry entry;
	uint64_t changes; /* last number in its log */
	LIST_HEAD(, live_job) runs;
	LIST_HEAD(, schedule_watch) watches;
};

struct schedules {
	struct core *core;
	struct plan *plans;         /* hash by id */
	struct due_heap mono, wall; /* by the clock that their keys are times of */
	usec_t wall_seen;           /* at the last turn */
	struct timer timer;
	struct defer turn;
	TAILQ_HEAD(, beginning) beginnings; /* for a due time, and those asked for; oldest first */
	unsigned n_beginning;               /* those for a due time; asked for each that is due */
	TAILQ_HEAD(, edit) edits;           /* oldest first */
	struct metric_cell *started, *skipped, *failed;
};

/* --- plans.c --- */

struct clocks schedules_clocks(const struct core *core);
struct plan *schedules_find(struct core *core, const struct id *id);

/* Put a stored schedule into the table, or apply its change. Takes the zone of `r`. */
struct plan *plan_new(struct core *core, const struct schedule *schedule,
    const struct recurrence *r, const struct rhythm *rhythm);
void plan_change(struct plan *plan, const struct schedule *schedule, const struct recurrence *r,
    const struct rhythm *rhythm);
void plan_remove(struct plan *plan);

/* Put it into the heap where it is found when it is due, unless it is paused or busy. */
void plan_rest(struct plan *plan);

/* Try again later, after a longer time for each failure in a row. */
void plan_put_off(struct plan *plan);
void plan_hold(struct plan *plan);
void plan_release(struct plan *plan); /* may free it */

/* What follows when the plan's due time is served or passed over: the next due time, and how many
 * lie between. */
struct serving {
	struct rhythm rhythm;
	struct due_time due;
};
struct serving plan_serving(const struct plan *plan);

/* --- beginnings.c --- */

struct beginning;
void plan_begin(struct plan *plan);
void plan_pass(struct plan *plan);       /* pass over what is due */
void beginnings_done(struct core *core); /* give up those under way */

/* --- edits.c --- */

void edits_done(struct core *core);
