/* Schedules: they make jobs at due times. Their table is small and in memory; the job of a schedule
 * stays in the store until a run begins. Thread: loop. */
#pragma once

#include "intake/submit.h"
#include "model/schedule.h"
#include "wire/problem.h"

struct plan;
struct run_changes;

/* What is known of a schedule in addition to its row. */
struct schedule_view {
	bool is_running;
	size_t n_times;                   /* none while it is paused */
	usec_t times[SCHEDULE_NEXT_RUNS]; /* next due times, wall */
};

/* False: there is no such schedule. `n_times`: wanted, at most SCHEDULE_NEXT_RUNS. */
bool schedules_look(
    struct core *core, const struct id *id, size_t n_times, struct schedule_view *ret_view);

/* The store's number of a schedule; 0: there is no such schedule. */
int64_t schedules_no(struct core *core, const struct id *id);
uint64_t schedules_last_change(struct core *core, const struct id *id);

/* In all calls `on_done` is called once, and never before the call returned. */

/* Make a run now, whatever is under way. `on_done` gets the outcome of its submission. */
typedef void schedules_run_fn(const struct submission_outcome *outcome, void *arg);
void schedules_run(struct core *core, const struct id *id, schedules_run_fn *on_done, void *arg);

/* --- Changes of the table --- */

enum schedule_action {
	SCHEDULE_ADD,   /* `body` is a schedule */
	SCHEDULE_PATCH, /* `body` is a merge patch */
	SCHEDULE_PAUSE, /* these two succeed, too, when there is nothing to change */
	SCHEDULE_RESUME,
};

/* `schedule` is as it is stored; NULL with a problem. Both borrowed until the call returns. */
typedef void schedule_edit_fn(struct problem *problem, const struct schedule *schedule, void *arg);

struct schedule_edit_opts {
	enum schedule_action action;
	struct id id; /* of all but ADD */
	char *body;   /* taken; of ADD and PATCH */
	size_t len;
	/* Judges the revision that is to be changed, else 412; NULL: any. */
	bool (*may_change)(uint64_t revision, void *arg);
	schedule_edit_fn *on_done;
	void *arg;
};

/* Add or change a schedule. Two changes at once are made one after the other, the second to what
 * the first left. */
void schedules_edit(struct core *core, const struct schedule_edit_opts *opts);

/* Forget a schedule. A run under way goes on. ERR_NOT_FOUND, ERR_FULL, ERR_READ_ONLY, ERR_IO. */
void schedules_remove(struct core *core, const struct id *id, jobs_fn *on_done, void *arg);

/* --- Events --- */

enum schedule_event {
	SCHEDULE_CHANGED, /* there are new changes in the store */
	SCHEDULE_RUN,     /* a run began or ended: `job` */
	SCHEDULE_GONE,    /* the watch is over when the call returns */
};

/* A watch of a schedule, embedded in its owner. The callback may unwatch itself, but no other. */
struct schedule_watch {
	LIST_ENTRY(schedule_watch) link;
	struct plan *plan; /* NULL: not watching */
	void (*on_event)(enum schedule_event event, const struct job *job, void *arg);
	void *arg;
};

/* False when there is no such schedule. */
bool schedules_watch(struct core *core, const struct id *id, struct schedule_watch *w,
    void (*on_event)(enum schedule_event event, const struct job *job, void *arg), void *arg);
void schedules_unwatch(struct schedule_watch *w); /* a zeroed one is fine */

/* Serve what is due now. Normally a timer calls it; tests whose clocks do not move by themselves
 * call it too. Return the time until the next due time, RECURRENCE_NEVER if there is none. */
usec_t schedules_turn(struct core *core);

/* --- For core/core.c --- */

/* Before jobs_recover; false: they can't be read. */
bool schedules_init(struct core *core);
void schedules_done(struct core *core);
/* What live jobs tell; see struct live_events. */
void schedules_run_began(struct live_job *run);
void schedules_run_ended(struct live_job *run);
void schedules_noted(struct live_job *run, const struct run_changes *changes);
