/* Changes of schedules: one operation, from the body of a request to the stored row.
 *
 *   load ---> read the body ---> try the job ---> store ---> apply
 *    ^        (in the pool)      (a dry run)        |
 *    +--------- another change came first ----------+
 *
 * The store accepts a change only for the revision that it was made from. Of two changes at once,
 * the second is made again from what the first left. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "callbacks/callbacks.h"
#include "schedules/schedules_private.h"
#include "wire/schedule.h"

enum { MOST_ATTEMPTS = 20 };

struct edit {
	TAILQ_ENTRY(edit) link;
	struct core *core;
	struct schedule_edit_opts opts; /* `body` is owned */
	usec_t min_every;
	struct schedule before;       /* owned; nothing for an addition */
	struct schedule_rule rule;    /* owned */
	struct recurrence recurrence; /* its zone is owned */
	struct rhythm rhythm;
	bool sets_due;
	struct problem problem;
	struct offload_task task;
	struct defer refusal;     /* ends an edit that is refused at once */
	struct submission *trial; /* owned */
	unsigned n_attempts;
};

static void load(struct edit *e);

/* The one way to end: leave the list, tell who asked, free. */
static void finish(struct edit *e, const struct schedule *schedule)
{
	TAILQ_REMOVE(&e->core->schedules->edits, e, link);
	defer_cancel(&e->refusal);
	e->opts.on_done(&e->problem, e->problem.status == 0 ? schedule : NULL, e->opts.arg);
	problem_done(&e->problem);
	schedule_done(&e->before);
	schedule_rule_done(&e->rule);
	zone_close(e->recurrence.zone);
	submission_free(e->trial);
	free(e->opts.body);
	free(e);
}

static void set_store_problem(struct problem *p, enum err e)
{
	if (e == ERR_NOT_FOUND)
		problem_set(p, 404, "There is no such schedule.");
	else if (e == ERR_DAMAGED)
		problem_set(p, 500, "The schedule is damaged in the database.");
	else if (e == ERR_BUSY)
		problem_set(p, 503, "The daemon is stopping.");
	else
		problem_set(p, 507, "The schedule can't be stored: the database is %s.",
		    e == ERR_FULL        ? "full"
		    : e == ERR_READ_ONLY ? "read-only"
					 : "not writable");
}

/* --- Store and apply --- */

static void log_edit(const struct edit *e, const struct schedule *schedule)
{
	static const char *const events[] = {[SCHEDULE_ADD] = "schedule_added",
	    [SCHEDULE_PATCH] = "schedule_changed",
	    [SCHEDULE_PAUSE] = "schedule_paused",
	    [SCHEDULE_RESUME] = "schedule_resumed"};
	char id[ID_TEXT_SIZE];

	id_format(&schedule->id, id);
	log_info(events[e->opts.action], "schedule=%s revision=%llu name=%s", id,
	    (unsigned long long)schedule->revision,
	    log_quote(schedule->rule.name != NULL ? schedule->rule.name : ""));
}

/* The row is stored; make the table agree with it. */
static void apply_to_table(struct edit *e, const struct schedule *schedule)
{
	struct plan *plan = schedules_find(e->core, &schedule->id);

	e->recurrence.offset = recurrence_offset(&schedule->id, schedule_jitter(&schedule->rule));
	if (e->opts.action == SCHEDULE_ADD)
		plan_new(e->core, schedule, &e->recurrence, &e->rhythm);
	else if (plan != NULL && e->sets_due)
		plan_change(plan, schedule, &e->recurrence, &e->rhythm);
	else if (plan != NULL)
		plan->overlap = schedule->rule.overlap;
	if (e->opts.action == SCHEDULE_ADD || (plan != NULL && e->sets_due))
		e->recurrence.zone = NULL; /* the plan has it */
	log_edit(e, schedule);
}

static void on_stored(struct store_op *op)
{
	struct edit *e = op->arg;

	if (op->err == ERR_CONFLICT && ++e->n_attempts < MOST_ATTEMPTS) {
		load(e);
		return;
	}
	if (op->err == ERR_CONFLICT)
		problem_set(
		    &e->problem, 503, "The schedule kept changing during the request; try again.");
	else if (op->err != OK)
		set_store_problem(&e->problem, op->err);
	else
		apply_to_table(e, &op->u.schedule.schedule);
	finish(e, &op->u.schedule.schedule);
}

static bool is_same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Return whether due times are computed anew, from now on. */
static bool changes_time(const struct schedule_rule *a, const struct schedule_rule *b)
{
	return a->is_paused != b->is_paused || !is_same(a->every, b->every) ||
	       !is_same(a->cron, b->cron) || !is_same(a->zone, b->zone) ||
	       !is_same(a->jitter, b->jitter);
}

static void store(struct edit *e)
{
	bool is_new = e->opts.action == SCHEDULE_ADD;
	struct clocks now = schedules_clocks(e->core);
	struct store_op *op =
	    store_op_new(is_new ? STORE_SCHEDULE_ADD : STORE_SCHEDULE_EDIT, on_stored, e);
	struct schedule *to = &op->u.schedule.schedule;

	*to = (struct schedule){.id = is_new ? id_new(now.wall) : e->before.id,
	    .no = e->before.no,
	    .revision = e->before.revision,
	    .rule = schedule_rule_copy(&e->rule),
	    .created_at = now.wall,
	    .updated_at = now.wall};
	e->sets_due = is_new || changes_time(&e->before.rule, &e->rule);
	op->u.schedule.sets_due = e->sets_due;
	e->rhythm = (struct rhythm){.due = RECURRENCE_NEVER};
	if (e->sets_due && !e->rule.is_paused) {
		e->recurrence.offset = recurrence_offset(&to->id, schedule_jitter(&e->rule));
		recurrence_start(&e->recurrence, &now, &e->rhythm);
		to->served_until = recurrence_stored(&e->recurrence, &now, &e->rhythm);
	}
	store_start(e->core->opts.store, op);
}

/* --- Try the job --- */

static void on_tried(const struct submission_outcome *o, void *arg)
{
	struct edit *e = arg;
	char pointer[256];

	for (size_t i = 0; i < o->problem->n_errors; i++) {
		snprintf(pointer, sizeof(pointer), "/job%s", o->problem->errors[i].pointer);
		problem_add(&e->problem, pointer, "%s", o->problem->errors[i].detail);
	}
	if (o->problem->status != 0)
		problem_set(&e->problem, o->problem->status, "%s", o->problem->detail);
	if (e->problem.status != 0)
		finish(e, NULL);
	else
		store(e);
}

static void try_job(struct edit *e)
{
	struct submission_opts opts = {.body = BODY_JSON,
	    .is_template = true,
	    .max_json = SCHEDULE_MAX_JOB,
	    .events = {.on_done = on_tried, .arg = e}};

	submission_free(TAKE(e->trial));
	e->trial = submission_new(e->core, &opts);
	submission_set(e->trial, "dry_run", "true");
	submission_feed(e->trial, e->rule.job, strlen(e->rule.job));
	submission_end(e->trial);
}

/* --- Read the body --- */

static void on_work(struct offload_task *task)
{
	struct edit *e = (struct edit *)((char *)task - offsetof(struct edit, task));
	const char *field;
	char fault[CRON_FAULT_SIZE];

	if (e->opts.body != NULL) {
		bool is_patch = e->opts.action == SCHEDULE_PATCH;
		(void)schedule_parse(e->opts.body, e->opts.len, is_patch ? &e->before.rule : NULL,
		    e->min_every, &e->rule, &e->recurrence, &e->problem);
		return;
	}
	e->rule = schedule_rule_copy(&e->before.rule);
	e->rule.is_paused = e->opts.action == SCHEDULE_PAUSE;
	if (!schedule_read_recurrence(&e->rule, &e->recurrence, &field, fault))
		problem_set(
		    &e->problem, 409, "The schedule can't be resumed: %s: %s", field, fault);
}

static void on_worked(struct offload_task *task)
{
	struct edit *e = (struct edit *)((char *)task - offsetof(struct edit, task));

	/* only the loop may ask the policy of targets */
	if (e->problem.status == 0 && e->rule.callback_url != NULL &&
	    !is_same(e->rule.callback_url, e->before.rule.callback_url) &&
	    e->core->opts.callbacks != NULL)
		callbacks_judge(
		    e->core->opts.callbacks, e->rule.callback_url, "/callback_url", &e->problem);
	if (e->problem.status != 0)
		finish(e, NULL);
	else if (e->before.rule.job == NULL || strcmp(e->before.rule.job, e->rule.job) != 0)
		try_job(e);
	else
		store(e);
}

/* Reads zones from files, and bodies may be long: not in the loop. */
static void start_work(struct edit *e)
{
	schedule_rule_done(&e->rule);
	zone_close(e->recurrence.zone);
	e->recurrence.zone = NULL;
	e->task = (struct offload_task){.work = on_work, .done = on_worked};
	offload_submit(e->core->opts.offload, &e->task);
}

static void on_loaded(struct store_op *op)
{
	struct edit *e = op->arg;
	struct schedule *found = &op->u.schedule.schedule;
	bool is_switch = e->opts.action == SCHEDULE_PAUSE || e->opts.action == SCHEDULE_RESUME;

	if (op->err == ERR_NOT_FOUND)
		problem_set(&e->problem, 404, "There is no such schedule.");
	else if (op->err == ERR_DAMAGED || op->err == ERR_BUSY)
		set_store_problem(&e->problem, op->err);
	else if (op->err != OK)
		problem_set(&e->problem, 500, "The schedule could not be read.");
	else if (e->opts.may_change != NULL && !e->opts.may_change(found->revision, e->opts.arg))
		problem_set(&e->problem, 412, "The schedule was changed; its ETag differs.");
	if (e->problem.status != 0) {
		finish(e, NULL);
		return;
	}
	if (is_switch && found->rule.is_paused == (e->opts.action == SCHEDULE_PAUSE)) {
		finish(e, found);
		return;
	}
	schedule_done(&e->before);
	e->before = *found;
	found->rule = (struct schedule_rule){0};
	start_work(e);
}

static void load(struct edit *e)
{
	struct store_op *op = store_op_new(STORE_SCHEDULE_LOAD, on_loaded, e);

	op->u.schedule.schedule.id = e->opts.id;
	store_start(e->core->opts.store, op);
}

static void on_refusal(void *arg)
{
	finish(arg, NULL);
}

void schedules_edit(struct core *core, const struct schedule_edit_opts *opts)
{
	struct edit *e = xcalloc(1, sizeof(*e));

	*e = (struct edit){.core = core, .opts = *opts, .min_every = core->opts.min_every};
	defer_init(&e->refusal, core->opts.loop, on_refusal, e);
	TAILQ_INSERT_TAIL(&core->schedules->edits, e, link);
	if (opts->action != SCHEDULE_ADD) {
		load(e);
	} else if (HASH_COUNT(core->schedules->plans) >= core->opts.max_schedules) {
		problem_set(&e->problem, 507, "The limit of %u schedules is reached.",
		    HASH_COUNT(core->schedules->plans));
		defer_start(&e->refusal);
	} else {
		start_work(e);
	}
}

void edits_done(struct core *core)
{
	struct edit *e;

	while ((e = TAILQ_FIRST(&core->schedules->edits)) != NULL) {
		problem_set(&e->problem, 503, "The daemon is stopping.");
		finish(e, NULL);
	}
}

/* --- Remove --- */

struct removal {
	struct core *core;
	struct id id;
	jobs_fn *on_done;
	void *arg;
};

static void on_missing(struct store_op *op)
{
	struct removal *r = op->arg;

	r->on_done(ERR_NOT_FOUND, r->arg);
	free(r);
}

static void on_removed(struct store_op *op)
{
	struct removal *r = op->arg;
	struct plan *plan = schedules_find(r->core, &r->id);
	char id[ID_TEXT_SIZE];

	if (op->err == OK && plan != NULL)
		plan_remove(plan);
	if (op->err == OK) {
		id_format(&r->id, id);
		log_info("schedule_removed", "schedule=%s", id);
	}
	r->on_done(op->err, r->arg);
	free(r);
}

/* A schedule that does not exist is only looked up in the store, so on_done is not called before
 * this returned. */
void schedules_remove(struct core *core, const struct id *id, jobs_fn *on_done, void *arg)
{
	const struct plan *plan = schedules_find(core, id);
	struct removal *r = xcalloc(1, sizeof(*r));
	struct store_op *op = plan != NULL ? store_op_new(STORE_SCHEDULE_REMOVE, on_removed, r)
					   : store_op_new(STORE_SCHEDULE_LOAD, on_missing, r);

	*r = (struct removal){.core = core, .id = *id, .on_done = on_done, .arg = arg};
	op->u.schedule.schedule.id = *id;
	op->u.schedule.schedule.no = plan != NULL ? plan->no : 0;
	store_start(core->opts.store, op);
}
