/* How a run begins: its job is read from the store, submitted like any other, and committed
 * together with the due time that it serves. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "schedules/schedules_private.h"

struct beginning {
	TAILQ_ENTRY(beginning) link;
	struct core *core;
	struct plan *plan; /* shared (hold); NULL: there is no such schedule */
	bool is_due;       /* it serves a due time; else it was asked for */
	struct serving serving;
	struct submission *submission; /* owned */
	schedules_run_fn *on_done;     /* of one that was asked for; else NULL */
	void *arg;
};

static struct beginning *new_beginning(struct core *core, struct plan *plan)
{
	struct beginning *b = xcalloc(1, sizeof(*b));

	b->core = core;
	b->plan = plan;
	if (plan != NULL)
		plan_hold(plan);
	TAILQ_INSERT_TAIL(&core->schedules->beginnings, b, link);
	return b;
}

static struct beginning *new_due(struct plan *plan)
{
	struct beginning *b = new_beginning(plan->core, plan);

	b->is_due = true;
	b->serving = plan_serving(plan);
	plan->is_beginning = true;
	plan->core->schedules->n_beginning++;
	return b;
}

/* The one way to end: leave the list, tell who asked, free. */
static void finish(struct beginning *b, const struct submission_outcome *o)
{
	struct schedules *all = b->core->schedules;

	TAILQ_REMOVE(&all->beginnings, b, link);
	if (b->is_due) {
		b->plan->is_beginning = false;
		all->n_beginning--;
		defer_start(&all->turn);
	}
	if (b->on_done != NULL)
		b->on_done(o, b->arg);
	submission_free(b->submission);
	if (b->plan != NULL)
		plan_release(b->plan);
	free(b);
}

/* The due time is served or passed over. Go on to the next. */
static void mark_served(struct plan *plan, const struct serving *s)
{
	plan->rhythm = s->rhythm;
	plan->served_until = s->due.next;
	plan->patience = 0;
}

static void log_run(const struct plan *plan, const char *event, const char *why)
{
	char id[ID_TEXT_SIZE];

	id_format(&plan->id, id);
	log_warning(event, "schedule=%s why=%s", id, log_quote(why));
}

/* --- Pass over --- */

static void on_passed(struct store_op *op)
{
	struct beginning *b = op->arg;
	struct plan *plan = b->plan;

	plan_hold(plan);
	if (op->err == OK)
		mark_served(plan, &b->serving);
	enum err e = op->err;
	finish(b, NULL);
	if (e == OK || e == ERR_CONFLICT)
		plan_rest(plan); /* after a conflict, by its new rule */
	else
		plan_put_off(plan);
	plan_release(plan);
}

static void start_passing(struct beginning *b)
{
	struct store_op *op = store_op_new(STORE_SCHEDULE_PASS, on_passed, b);

	op->u.schedule.schedule.no = b->plan->no;
	op->u.schedule.due = b->serving.due;
	op->u.schedule.due.n_skipped++;
	store_start(b->plan->core->opts.store, op);
}

void plan_pass(struct plan *plan)
{
	char id[ID_TEXT_SIZE];

	id_format(&plan->id, id);
	log_debug("schedule_skipped", "schedule=%s", id);
	metric_add(plan->core->schedules->skipped, 1);
	start_passing(new_due(plan));
}

/* --- Begin --- */

/* The submission ended. If the store is at fault, try again later. If the job is no longer
 * accepted, pass over the due time. */
static void end_due(struct beginning *b, const struct submission_outcome *o)
{
	struct plan *plan = b->plan;
	struct schedules *all = plan->core->schedules;
	bool is_good = o->problem->status == 0;

	if (!is_good && o->err == OK && o->problem->status < 500) {
		metric_add(all->failed, 1);
		log_run(plan, "schedule_failed",
		    o->problem->n_errors > 0 ? o->problem->errors[0].detail : o->problem->detail);
		submission_free(TAKE(b->submission));
		start_passing(b);
		return;
	}
	plan_hold(plan);
	if (is_good) {
		metric_add(all->started, 1);
		mark_served(plan, &b->serving);
	} else if (o->err != ERR_CONFLICT && o->err != ERR_NOT_FOUND && plan->patience == 0) {
		log_run(plan, "schedule_delayed", o->problem->detail);
	}
	bool is_over = is_good || o->err == ERR_CONFLICT || o->err == ERR_NOT_FOUND;
	finish(b, o);
	if (is_over)
		plan_rest(plan);
	else
		plan_put_off(plan);
	plan_release(plan);
}

static void on_submitted(const struct submission_outcome *o, void *arg)
{
	struct beginning *b = arg;

	if (b->is_due) {
		end_due(b, o);
		return;
	}
	if (o->problem->status == 0)
		metric_add(b->core->schedules->started, 1);
	finish(b, o);
}

static void fail(struct beginning *b, enum err e)
{
	struct problem problem = {.status = 0};
	struct submission_outcome o = {.problem = &problem, .err = e};

	if (e == ERR_NOT_FOUND)
		problem_set(&problem, 404, "There is no such schedule.");
	else if (e == ERR_BUSY)
		problem_set(&problem, 503, "The daemon is stopping.");
	else
		problem_set(&problem, 500, "The schedule could not be read.");
	on_submitted(&o, b);
	problem_done(&problem);
}

static void on_loaded(struct store_op *op)
{
	struct beginning *b = op->arg;
	const char *job = op->u.schedule.schedule.rule.job;
	const struct plan *plan = b->plan;

	if (op->err != OK || plan == NULL || job == NULL) {
		fail(b, plan == NULL ? ERR_NOT_FOUND : op->err != OK ? op->err : ERR_IO);
		return;
	}
	struct submission_opts opts = {.body = BODY_JSON,
	    .max_json = SCHEDULE_MAX_JOB,
	    .run = {.no = plan->no, .id = plan->id},
	    .events = {.on_done = on_submitted, .arg = b}};
	if (b->is_due)
		opts.run.due = b->serving.due;
	b->submission = submission_new(plan->core, &opts);
	submission_feed(b->submission, job, strlen(job));
	submission_end(b->submission);
}

static void load(struct beginning *b, const struct id *id)
{
	struct store_op *op = store_op_new(STORE_SCHEDULE_LOAD, on_loaded, b);

	op->u.schedule.schedule.id = *id;
	store_start(b->core->opts.store, op);
}

void plan_begin(struct plan *plan)
{
	load(new_due(plan), &plan->id);
}

void beginnings_done(struct core *core)
{
	struct submission_outcome o = {.err = ERR_BUSY};
	struct problem problem = {.status = 0};
	struct beginning *b;

	problem_set(&problem, 503, "The daemon is stopping.");
	o.problem = &problem;
	while ((b = TAILQ_FIRST(&core->schedules->beginnings)) != NULL)
		finish(b, &o);
	problem_done(&problem);
}

/* A schedule that does not exist is looked up in the store too, so on_done is not called before
 * this returned. */
void schedules_run(struct core *core, const struct id *id, schedules_run_fn *on_done, void *arg)
{
	struct beginning *b = new_beginning(core, schedules_find(core, id));

	b->on_done = on_done;
	b->arg = arg;
	load(b, id);
}
