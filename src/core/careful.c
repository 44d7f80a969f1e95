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

void careful_open(struct open_chunk *c)
{
	c->run->n_suspects += c->stored.is_suspect ? 1 : 0;
}

void careful_close(struct open_chunk *c)
{
	struct core *core = c->run->core;
	struct item *item = TAKE(c->care.next);

	c->run->n_suspects -= c->stored.is_suspect ? 1 : 0;
	if (item == NULL)
		return;
	careful_rest(item);
	TAILQ_INSERT_HEAD(&core->spare_items, item, link);
}

static void on_noted(void *arg)
{
	struct item *item = arg;
	struct core *core = item->run->core;

	core->noted = item;
	sched_kick(core);
}

void careful_begin(struct item *item)
{
	struct core *core = item->run->core;

	core->noted = NULL;
	item->chunk->care.next = NULL;
	suspects_begin(core->opts.suspects, &item->suspect);
}

void careful_rest(struct item *item)
{
	struct core *core = item->run->core;

	if (core->noted == item)
		core->noted = NULL;
	suspects_leave(core->opts.suspects, &item->suspect);
}

/* Find the chunk's next item that is to be asked, as c->care.next; what needs no asking is settled, and
 * the chunk with the last of it. False: there is none. */
static bool find_next(struct open_chunk *c)
{
	struct run *run = c->run;
	struct chunk_item in;
	bool is_last = false;
	uint32_t index;

	while (c->care.next == NULL && !is_last) {
		if (!sched_next_item(c, &in, &index)) {
			sched_check_end(c);
			return false;
		}
		is_last = !in.is_valid && c->n_left == 1;
		if (!in.is_valid) {
			sched_settle_invalid(run, c, &in, index);
			continue;
		}
		struct item *item = c->care.next = sched_new_item(run, c);
		item->in = in;
		item->suspect = (struct suspect){.job_no = run->job.no,
		    .chunk = c->stored.no,
		    .index = index,
		    .on_noted = on_noted,
		    .arg = item};
	}
	return !is_last;
}

void careful_wake(struct run *run)
{
	struct core *core = run->core;
	struct open_chunk *c, *next;

	if (run->n_suspects == 0 || core->is_draining || run->place != PLACE_ACTIVE)
		return;
	for (c = TAILQ_FIRST(&run->chunks); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		if (job_state_is_ended(run->next_state))
			return;
		if (c->stored.is_suspect && find_next(c))
			suspects_ask(core->opts.suspects, &c->care.next->suspect);
	}
}
