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
	if (run->is_held)
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
	if (is_paused) { /* none begins from now on; to resume waits for the commit */
		run->is_held = true;
		life_update(run);
	}
	store_start(core->opts.store, op);
	return true;
}
