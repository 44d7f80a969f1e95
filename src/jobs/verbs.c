/* What is done to jobs by request: pause, resume, cancel, delete. Each is an operation of the
 * store; the run changes when it is committed. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/metrics.h"
#include "jobs/jobs_private.h"

/* Chunks of a small job that go to its run without being read back. */
enum { KEEP_CHUNKS = 8 };

/* --- Start --- */

static int compare_indexes(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

void jobs_start(struct core *core, struct store_op *op, bool has_staged)
{
	struct job job = job_copy(&op->u.input.job);
	struct run *run = run_new(core, &job);

	run->n_aliases = op->u.input.n_aliases_in_all;
	run->has_aliases = run->n_aliases > 0;
	metric_add(core->submitted[job.kind], 1);
	life_begin(run);
	/* what waits for its time is not held in memory */
	if (has_staged || op->u.input.n_chunks > KEEP_CHUNKS || run->place == PLACE_LATER)
		return;
	AUTO_FREE uint32_t *skip = xmalloc(op->u.input.n_aliases * sizeof(*skip));
	for (size_t i = 0; i < op->u.input.n_aliases; i++)
		skip[i] = op->u.input.aliases[i].index;
	qsort(skip, op->u.input.n_aliases, sizeof(*skip), compare_indexes);
	for (size_t i = 0; i < op->u.input.n_chunks; i++)
		claims_open(run, &op->u.input.chunks[i], skip, op->u.input.n_aliases);
	run->is_all_claimed = true;
}

/* --- Pause and resume --- */

struct pause {
	struct run *run; /* it lives as long as the operation */
	jobs_fn *on_done;
	void *arg;
};

/* Committed, or refused: the run is what the last operation that succeeded has made of it, unless
 * another one is under way. */
static void on_paused(struct store_op *op)
{
	struct pause *p = op->arg;
	struct run *run = p->run;

	run->n_pauses--;
	if (!run->is_gone) {
		bool is_change = op->err == OK && run->job.is_paused != op->u.is_paused;
		if (op->err == OK)
			run->job.is_paused = op->u.is_paused;
		if (run->n_pauses == 0)
			run->is_held = run->job.is_paused;
		life_update(run);
		turns_wake(run);
		if (is_change)
			run_tell(run);
	}
	p->on_done(op->err, p->arg);
	free(p);
	run_op_done(run);
}

bool jobs_pause(struct core *core, const struct id *id, bool is_paused, jobs_fn *on_done, void *arg)
{
	struct run *run = run_find(core, id);

	if (run == NULL || job_state_is_ended(run->next_state))
		return false;
	struct pause *p = xcalloc(1, sizeof(*p));
	struct store_op *op = store_op_new(STORE_PAUSE, on_paused, p);
	*p = (struct pause){.run = run, .on_done = on_done, .arg = arg};
	op->job_no = run->job.no;
	op->u.is_paused = is_paused;
	run->n_ops++;
	run->n_pauses++;
	/* No item begins from now on. The run keeps its place until the commit, in case the store
	 * refuses. To resume waits for the commit. */
	run->is_held = run->is_held || is_paused;
	store_start(core->opts.store, op);
	return true;
}

/* --- Cancel --- */

struct cancel {
	struct run *run; /* it lives as long as the operation */
	jobs_cancel_fn *on_done;
	void *arg;
};

static void on_cancelled(struct store_op *op)
{
	struct cancel *c = op->arg;
	struct run *run = c->run;

	run->n_cancels--;
	if (!run->is_gone && op->err == OK) {
		run_set_next(run, op->u.put.state, JOB_REASON_NONE);
		run_drop_results(run);
		run_finish(run, op->u.put.finished_at);
	} else if (!run->is_gone && op->err == ERR_NOT_FOUND) {
		run_remove(run);                           /* it was deleted under us */
	} else if (!run->is_gone && run->n_cancels == 0) { /* it goes on as before */
		life_update(run);
		commit_mark(run);
		turns_wake(run);
	}
	c->on_done(op->err, op->err == OK ? &run->job : NULL, c->arg);
	free(c);
	run_op_done(run);
}

/* The operation has no results, so that the store may refuse it; those that are settled go before
 * it. Until it is committed the items in flight go on, and none begins. */
bool jobs_cancel(struct core *core, const struct id *id, jobs_cancel_fn *on_done, void *arg)
{
	struct run *run = run_find(core, id);

	if (run == NULL)
		return false;
	turns_take_events(run); /* what is done stays */
	commit_results(run);
	struct cancel *c = xcalloc(1, sizeof(*c));
	struct store_op *op = store_op_new(STORE_CANCEL, on_cancelled, c);
	*c = (struct cancel){.run = run, .on_done = on_done, .arg = arg};
	op->job_no = run->job.no;
	commit_describe(run, op);
	op->u.put.state = JOB_CANCELLED;
	op->u.put.reason = JOB_REASON_NONE;
	op->u.put.finished_at = clock_wall();
	run->n_cancels++;
	run->n_ops++;
	store_start(core->opts.store, op);
	return true;
}

/* --- Delete --- */

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
	if (op->err == OK)
		lane_remove_job(d->core->ring_of_kind[d->kind]->lane, &d->id);
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
