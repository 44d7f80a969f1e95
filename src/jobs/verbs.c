/* What is done to jobs by request: pause, resume, cancel, delete. Each is an operation of the
 * store; the live job changes when it is committed. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/metrics.h"
#include "jobs/jobs_private.h"

/* A small job gets up to this many chunks without reading them back. */
enum { KEEP_CHUNKS = 8 };

/* --- Start --- */

static void mark_aliases(struct stored_chunk *c, const struct alias *aliases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t place = aliases[i].index - c->chunk.first;
		if (place < c->chunk.n)
			chunk_mask_add(&c->done, place);
	}
}

void jobs_start(struct core *core, struct store_op *op, bool has_staged)
{
	struct job job = job_copy(&op->u.input.job);
	struct live_job *live = live_new(core, &job);

	live->n_aliases = op->u.input.n_aliases_in_all;
	live->has_aliases = live->n_aliases > 0;
	metric_add(core->submitted[job.kind], 1);
	places_begin(live);
	/* what waits for its time is not held in memory; a claim adds what is known of copies */
	if (has_staged || op->u.input.n_chunks > KEEP_CHUNKS || live->place == PLACE_LATER ||
	    job.params.asked.if_changed)
		return;
	for (size_t i = 0; i < op->u.input.n_chunks; i++) {
		mark_aliases(&op->u.input.chunks[i], op->u.input.aliases, op->u.input.n_aliases);
		claims_open(live, &op->u.input.chunks[i]);
	}
	live->is_all_claimed = true;
}

/* --- Pause and resume --- */

struct pause {
	struct live_job *live; /* it lives as long as the operation */
	jobs_fn *on_done;
	void *arg;
};

/* Committed, or refused: the job is what the last operation that succeeded has made of it, unless
 * another one is under way. */
static void on_paused(struct store_op *op)
{
	struct pause *p = op->arg;
	struct live_job *live = p->live;

	live->n_pauses--;
	if (!live->is_gone) {
		bool is_change = op->err == OK && live->job.is_paused != op->u.is_paused;
		if (op->err == OK)
			live->job.is_paused = op->u.is_paused;
		if (live->n_pauses == 0)
			live->is_held = live->job.is_paused;
		places_update(live);
		turns_wake(live);
		if (is_change)
			live_tell(live);
	}
	p->on_done(op->err, p->arg);
	free(p);
	live_op_done(live);
}

bool jobs_pause(struct core *core, const struct id *id, bool is_paused, jobs_fn *on_done, void *arg)
{
	struct live_job *live = live_find(core, id);

	if (live == NULL || job_state_is_ended(live->next_state))
		return false;
	struct pause *p = xcalloc(1, sizeof(*p));
	struct store_op *op = store_op_new(STORE_PAUSE, on_paused, p);
	*p = (struct pause){.live = live, .on_done = on_done, .arg = arg};
	op->job_no = live->job.no;
	op->u.is_paused = is_paused;
	live->n_ops++;
	live->n_pauses++;
	/* No item begins from now on. The job keeps its place until the commit, in case the store
	 * refuses. Resuming takes effect with the commit. */
	live->is_held = live->is_held || is_paused;
	store_start(core->opts.store, op);
	return true;
}

/* --- Cancel --- */

struct cancel {
	struct live_job *live; /* it lives as long as the operation */
	jobs_cancel_fn *on_done;
	void *arg;
};

static void on_cancelled(struct store_op *op)
{
	struct cancel *c = op->arg;
	struct live_job *live = c->live;

	live->n_cancels--;
	if (!live->is_gone && op->err == OK) {
		live_set_next(live, op->u.put.state, JOB_REASON_NONE);
		live_drop_results(live);
		live_finish(live, op->u.put.finished_at);
	} else if (!live->is_gone && op->err == ERR_NOT_FOUND) {
		live_remove(live);                           /* it was deleted under us */
	} else if (!live->is_gone && live->n_cancels == 0) { /* it goes on as before */
		places_update(live);
		commit_mark(live);
		turns_wake(live);
	}
	c->on_done(op->err, op->err == OK ? &live->job : NULL, c->arg);
	free(c);
	live_op_done(live);
}

/* The operation carries no results, so the store may refuse it. Settled results are committed
 * before it. Until it is committed the items in flight go on, and none begins. */
bool jobs_cancel(struct core *core, const struct id *id, jobs_cancel_fn *on_done, void *arg)
{
	struct live_job *live = live_find(core, id);

	if (live == NULL)
		return false;
	turns_handle_events(live); /* what is done stays */
	commit_results(live);
	struct cancel *c = xcalloc(1, sizeof(*c));
	struct store_op *op = store_op_new(STORE_CANCEL, on_cancelled, c);
	*c = (struct cancel){.live = live, .on_done = on_done, .arg = arg};
	op->job_no = live->job.no;
	commit_describe(live, op);
	op->u.put.state = JOB_CANCELLED;
	op->u.put.reason = JOB_REASON_NONE;
	op->u.put.finished_at = clock_wall();
	live->n_cancels++;
	live->n_ops++;
	store_start(core->opts.store, op);
	return true;
}

/* --- Delete --- */

struct deletion {
	struct core *core;
	struct id id;
	struct lane *lane; /* of the job */
	jobs_fn *on_done;
	void *arg;
};

static void on_deleted(struct store_op *op)
{
	struct deletion *d = op->arg;
	struct live_job *live = op->err == OK ? live_find(d->core, &d->id) : NULL;

	if (live != NULL) {
		if (!job_state_is_ended(live->job.state))
			job_set_state(&live->job, JOB_CANCELLED, clock_wall());
		live_tell(live);
		live_remove(live);
	} else if (op->err == OK) {
		d->core->ended[op->u.state]--;
	}
	if (op->err == OK)
		lane_remove_job(d->lane, &d->id);
	d->on_done(op->err, d->arg);
	free(d);
}

/* A live job goes on until its removal is committed. If the store refuses, nothing has changed. */
void jobs_delete(struct core *core, const struct job *job, jobs_fn *on_done, void *arg)
{
	struct deletion *d = xcalloc(1, sizeof(*d));
	struct store_op *op = store_op_new(STORE_DELETE, on_deleted, d);

	*d = (struct deletion){.core = core,
	    .id = job->id,
	    .lane = lane_of(core, job),
	    .on_done = on_done,
	    .arg = arg};
	op->job_no = job->no;
	store_start(core->opts.store, op);
}
