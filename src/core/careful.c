/* After unclean ends (core/suspects.h): a chunk is told to the store before its first item begins,
 * and a suspect one stays out of the turns of its run; its items stand in the line of suspects. */
#include "base/alloc.h"
#include "core/core_private.h"

static void on_watched(struct store_op *op)
{
	struct run *run = op->arg;
	struct open_chunk *c;

	if (!run->is_gone) {
		TAILQ_FOREACH (c, &run->chunks, link) {
			/* also when it could not be written: work goes on while the disk is full */
			if (c->stored.no == op->u.watch.no)
				c->care.is_watched = true;
		}
		sched_wake(run);
	}
	run_op_done(run);
}

bool careful_may_begin(struct open_chunk *c)
{
	struct run *run = c->run;
	uint32_t n_unclean = suspects_n_unclean(run->core->opts.suspects);

	if (n_unclean == 0 || c->care.is_watched)
		return true;
	if (c->care.is_watching)
		return false;
	struct store_op *op = store_op_new(STORE_WATCH, on_watched, run);
	op->job_no = run->job.no;
	/* the first end left no word of what was open, so all that was there may have been */
	op->u.watch = (struct stored_watch){
	    .no = c->stored.no, .n_ends = run->is_recovered && n_unclean == 1 ? 1 : 0};
	c->care.is_watching = true;
	run->n_ops++;
	store_start(run->core->opts.store, op);
	return false;
}

static void on_noted(void *arg)
{
	struct open_chunk *c = arg;

	c->run->core->noted = c;
	sched_kick(c->run->core);
}

void careful_open(struct open_chunk *c)
{
	if (!c->stored.is_suspect)
		return;
	c->care.suspect = (struct suspect){.job_no = c->run->job.no,
	    .note = {.chunk = c->stored.no},
	    .on_noted = on_noted,
	    .arg = c};
	c->run->n_suspects++;
}

void careful_rest(struct open_chunk *c)
{
	struct core *core = c->run->core;

	if (!c->stored.is_suspect)
		return;
	if (core->noted == c)
		core->noted = NULL;
	suspects_leave(core->opts.suspects, &c->care.suspect);
}

void careful_close(struct open_chunk *c)
{
	careful_rest(c);
	c->run->n_suspects -= c->stored.is_suspect ? 1 : 0;
}

/* Find the chunk's next item that is to be asked; what needs no asking is settled, and the chunk
 * with the last of it. False: there is none. */
static bool find_next(struct open_chunk *c)
{
	struct run *run = c->run;
	bool is_last = false;

	while (!c->care.has_next && !is_last) {
		if (!sched_next_item(c, &c->care.next_item, &c->care.next_index)) {
			sched_check_end(c);
			return false;
		}
		c->care.has_next = c->care.next_item.is_valid;
		is_last = !c->care.has_next && c->n_left == 1;
		if (!c->care.has_next)
			sched_settle_invalid(run, c, &c->care.next_item, c->care.next_index);
	}
	return !is_last;
}

void careful_wake(struct run *run)
{
	struct core *core = run->core;
	struct open_chunk *c, *next;

	if (run->n_suspects == 0 || core->is_draining)
		return;
	for (c = TAILQ_FIRST(&run->chunks); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		if (job_state_is_ended(run->next_state) || run->is_held || run->n_cancels > 0)
			return;
		if (!c->stored.is_suspect || c->care.suspect.place != SUSPECT_IDLE || !find_next(c))
			continue;
		c->care.suspect.note.index = c->care.next_index;
		suspects_ask(core->opts.suspects, &c->care.suspect);
	}
}
