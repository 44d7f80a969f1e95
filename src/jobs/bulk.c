/* Slices of jobs come from the store, newest first, and are judged by what is known of them now: a
 * live job is in memory as it is. A slice is through when each of its jobs is committed as
 * cancelled or deleted; then the next one is read. */
#include "jobs/bulk.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "jobs/jobs_private.h"

enum { SLICE = 500 };

struct bulk {
	struct core *core;
	enum bulk_verb verb;
	struct job_filter filter;
	bulk_fn *on_done;
	void *arg;
	enum job_state rows[2]; /* states that rows may have, one pass each */
	unsigned n_passes, pass;
	bool has_rows; /* else one pass, over rows of any state */
	struct id cursor;
	size_t n_open; /* jobs not committed yet, of this slice */
	bool is_more;
	uint64_t n_jobs;
	enum err err;
	struct defer next;
};

/* A job's row says `queued` until its first results are committed. */
static void choose_rows(struct bulk *b)
{
	const struct job_filter *f = &b->filter;

	if (b->verb == BULK_CANCEL && f->has_state && job_state_is_ended(f->state))
		return; /* none */
	b->n_passes = 1;
	b->has_rows = f->has_state || b->verb == BULK_CANCEL;
	if (f->has_state && f->state != JOB_RUNNING) {
		b->rows[0] = f->state;
	} else if (b->has_rows) {
		b->rows[0] = JOB_QUEUED;
		b->rows[1] = JOB_RUNNING;
		b->n_passes = 2;
	}
}

static void start_pass(struct bulk *b)
{
	memset(&b->cursor, 0xff, sizeof(b->cursor)); /* behind the newest */
}

static void finish(struct bulk *b)
{
	b->on_done(b->err, b->n_jobs, b->arg);
	job_filter_done(&b->filter);
	defer_cancel(&b->next);
	free(b);
}

/* One job of the slice is through. */
static void close_one(struct bulk *b, enum err e, bool counts)
{
	b->n_jobs += counts;
	if (e != OK)
		b->err = e;
	if (--b->n_open > 0)
		return;
	if (b->err == ERR_BUSY)
		finish(b); /* nothing more can be begun, not even a turn of the loop */
	else
		defer_start(&b->next);
}

/* ERR_NOT_FOUND: it ended, or was deleted by someone else, just before. */
static void on_deleted(enum err e, void *arg)
{
	close_one(arg, e == ERR_NOT_FOUND ? OK : e, e == OK);
}

static void on_cancelled(enum err e, const struct job *job, void *arg)
{
	(void)job;
	on_deleted(e, arg);
}

static void start_one(struct bulk *b, const struct job *job)
{
	bool is_started = true;

	if (b->verb == BULK_DELETE)
		jobs_delete(b->core, job, on_deleted, b);
	else
		is_started = jobs_cancel(b->core, &job->id, on_cancelled, b);
	b->n_open += is_started;
}

/* Start a job that was read if it still fits. Return false if it has ended since: it must be read
 * again. */
static bool judge(struct bulk *b, const struct job *row)
{
	const struct job *live = jobs_find(b->core, &row->id);

	if (live == NULL && !job_state_is_ended(row->state))
		return b->verb != BULK_DELETE;
	if ((live != NULL || b->verb == BULK_DELETE) &&
	    job_filter_fits(&b->filter, live != NULL ? live : row))
		start_one(b, live != NULL ? live : row);
	return true;
}

static void on_listed(struct store_op *op)
{
	struct bulk *b = op->arg;
	bool has_stale = false;

	b->err = op->err;
	for (uint32_t i = 0; op->err == OK && i < op->u.list.n; i++)
		has_stale = !judge(b, &op->u.list.jobs[i]) || has_stale;
	if (!has_stale) {
		b->is_more = op->u.list.is_more;
		if (op->u.list.n > 0)
			b->cursor = op->u.list.jobs[op->u.list.n - 1].id;
	}
	if (b->n_open == 0 && op->err == OK)
		defer_start(&b->next);
	else if (b->n_open == 0)
		finish(b);
}

static void next_slice(void *arg)
{
	struct bulk *b = arg;

	if (!b->is_more && b->err == OK && b->pass < b->n_passes) {
		b->pass++;
		b->is_more = true;
		start_pass(b);
	}
	if (!b->is_more || b->err != OK) {
		finish(b);
		return;
	}
	struct store_op *op = store_op_new(STORE_LIST, on_listed, b);
	op->u.list.filter = job_filter_copy(&b->filter);
	op->u.list.filter.has_state = b->has_rows;
	op->u.list.filter.state = b->rows[b->pass - 1];
	op->u.list.limit = SLICE;
	op->u.list.before = b->cursor;
	store_start(b->core->opts.store, op);
}

void bulk_start(struct core *core, enum bulk_verb verb, const struct job_filter *filter,
    bulk_fn *on_done, void *arg)
{
	struct bulk *b = xcalloc(1, sizeof(*b));

	*b = (struct bulk){.core = core,
	    .verb = verb,
	    .filter = job_filter_copy(filter),
	    .on_done = on_done,
	    .arg = arg};
	choose_rows(b);
	defer_init(&b->next, core->opts.loop, next_slice, b);
	defer_start(&b->next);
}
