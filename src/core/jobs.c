/* The table of live jobs: from the commit of their submission to the commit of their end. */
#include "core/core.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metrics.h"
#include "core/core_private.h"

struct run *run_new(struct core *core, struct job *job)
{
	struct run *run = xcalloc(1, sizeof(*run));

	run->core = core;
	run->job = *job;
	job->label = job->callback_url = NULL;
	run->next_state = run->job.state;
	run->is_held = run->job.is_paused;
	run->n_settled = run->job.completed;
	TAILQ_INIT(&run->chunks);
	TAILQ_INIT(&run->items);
	LIST_INIT(&run->subscriptions);
	buf_init(&run->block, SIZE_MAX / 2);
	bucket_init(&run->bucket, run->job.params.rate, clock_mono());
	pace_init(&run->pace, clock_mono(), run->job.completed);
	HASH_ADD(hh, core->runs, job.id, sizeof(run->job.id), run);
	schedules_run_began(run);
	return run;
}

static void free_run(struct run *run)
{
	claims_close(run);
	buf_done(&run->block);
	free(run->finished_chunks);
	free(run->kept_chunks);
	free(run->done);
	free(run->failed);
	job_done(&run->job);
	free(run);
}

void run_stop_items(struct run *run)
{
	struct item *item;

	while ((item = TAILQ_FIRST(&run->items)) != NULL) {
		if (job_kind_is_files(run->job.kind))
			fetch_cancel(item->fetch);
		else
			probe_cancel(item->probe);
		careful_rest(item);
		TAILQ_REMOVE(&run->items, item, link);
		TAILQ_INSERT_HEAD(&run->core->spare_items, item, link);
	}
	run->n_items = run->n_saving = 0;
}

void run_tell(struct run *run)
{
	struct subscription *s, *next;

	for (s = LIST_FIRST(&run->subscriptions); s != NULL; s = next) {
		next = LIST_NEXT(s, link);
		if (job_state_is_ended(run->job.state))
			events_unsubscribe(s);
		s->on_change(&run->job, s->arg);
	}
}

void run_remove(struct run *run)
{
	struct core *core = run->core;
	struct subscription *s;

	run_stop_items(run);
	if (run->is_dirty)
		TAILQ_REMOVE(&core->dirty, run, dirt);
	sched_move(run, PLACE_NONE);
	agenda_set(&core->agenda, run, 0);
	timer_cancel(&run->bucket_timer);
	while ((s = LIST_FIRST(&run->subscriptions)) != NULL) {
		events_unsubscribe(s);
		s->on_change(NULL, s->arg); /* it was not told of an end: the core goes away */
	}
	HASH_DEL(core->runs, run);
	core->n_pending -= run->n_block;
	run->is_gone = true;
	schedules_run_ended(run);
	if (run->n_ops == 0)
		free_run(run);
}

void run_op_done(struct run *run)
{
	run->n_ops--;
	if (run->is_gone && run->n_ops == 0)
		free_run(run);
}

struct run *run_find(struct core *core, const struct id *id)
{
	struct run *run = NULL;

	if (core->runs != NULL)
		HASH_FIND(hh, core->runs, id, sizeof(*id), run);
	return run;
}

const struct job *jobs_find(struct core *core, const struct id *id)
{
	struct run *run = run_find(core, id);

	if (run == NULL)
		return NULL;
	run->job.rate = pace_update(&run->pace, clock_mono(), run->job.completed);
	return &run->job;
}

void run_stop(struct run *run, enum job_state state, enum job_reason reason)
{
	if (run->is_ending || job_state_is_ended(run->next_state))
		return;
	run_stop_items(run);
	run->next_state = state;
	run->next_reason = reason;
}

struct deletion {
	struct core *core;
	struct id id;
	enum job_kind kind;
	jobs_fn *on_done;
	void *arg;
};

static void on_deleted(struct store_op *op)
{
	struct deletion *d = op->arg;
	struct run *run = op->err == OK ? run_find(d->core, &d->id) : NULL;

	if (run != NULL) {
		if (!job_state_is_ended(run->job.state))
			job_set_state(&run->job, JOB_CANCELLED, clock_wall());
		run_tell(run);
		run_remove(run);
	} else if (op->err == OK) {
		d->core->ended[op->u.state]--;
	}
	if (op->err == OK && job_kind_is_files(d->kind))
		fetcher_remove(d->core->opts.fetcher, &d->id);
	d->on_done(op->err, d->arg);
	free(d);
}

/* A live job goes on until its removal is committed: if that is refused nothing has changed. */
void jobs_delete(struct core *core, const struct job *job, jobs_fn *on_done, void *arg)
{
	struct deletion *d = xcalloc(1, sizeof(*d));
	struct store_op *op = store_op_new(STORE_DELETE, on_deleted, d);

	*d = (struct deletion){
	    .core = core, .id = job->id, .kind = job->kind, .on_done = on_done, .arg = arg};
	op->job_no = job->no;
	store_start(core->opts.store, op);
}

bool events_subscribe(struct core *core, const struct id *id, struct subscription *s,
    void (*on_change)(const struct job *job, void *arg), void *arg)
{
	struct run *run = run_find(core, id);

	if (run == NULL)
		return false;
	*s = (struct subscription){.run = run, .on_change = on_change, .arg = arg};
	LIST_INSERT_HEAD(&run->subscriptions, s, link);
	return true;
}

void events_unsubscribe(struct subscription *s)
{
	if (s->run != NULL)
		LIST_REMOVE(s, link);
	s->run = NULL;
}
