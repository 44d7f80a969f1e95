/* The life-time of a job: when it may begin, until when it must have ended, and whether it is
 * paused. Times are those of the wall clock and of the job as committed, so they hold across a
 * restart and when the clock is set. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "core/core_private.h"

static void expire(struct run *run)
{
	char id[ID_TEXT_SIZE];

	id_format(&run->job.id, id);
	log_info("deadline", "job=%s", id);
	run_stop(run, JOB_FAILED, JOB_REASON_DEADLINE);
	commit_mark(run);
}

static enum place place_of(const struct run *run, usec_t now)
{
	if (run->job.is_paused)
		return PLACE_PAUSED;
	/* one that has begun goes on, even if the clock was set back behind its time */
	if (run->job.state == JOB_QUEUED && run->job.run_at > now)
		return PLACE_LATER;
	return run->place == PLACE_ACTIVE ? PLACE_ACTIVE : PLACE_WAITING;
}

void life_update(struct run *run)
{
	struct agenda *agenda = &run->core->agenda;
	usec_t now = agenda_now(agenda);

	if (run->is_ending || job_state_is_ended(run->next_state)) {
		agenda_set(agenda, run, 0);
		return;
	}
	sched_move(run, place_of(run, now));
	if (run->job.deadline > 0 && run->job.deadline <= now) {
		agenda_set(agenda, run, 0);
		expire(run);
		return;
	}
	agenda_set(agenda, run, run->place == PLACE_LATER ? run->job.run_at : run->job.deadline);
}

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
		sched_wake(run);
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
		run->next_state = op->u.put.state;
		run->next_reason = JOB_REASON_NONE;
		run_drop_results(run);
		run_finish(run, op->u.put.finished_at);
	} else if (!run->is_gone && op->err == ERR_NOT_FOUND) {
		run_remove(run);                           /* it was deleted under us */
	} else if (!run->is_gone && run->n_cancels == 0) { /* it goes on as before */
		life_update(run);
		commit_mark(run);
		sched_wake(run);
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
