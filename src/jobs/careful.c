/* Telling the store what is begun, and the notes of suspect items. */
#include "jobs/careful.h"

#include "base/alloc.h"
#include "jobs/jobs_private.h"

/* Items of a chunk that are told at once, at first and at most: fewer cost more transactions, more
 * make more of them suspect that were not begun. */
enum { TOLD_FIRST = 16, TOLD_MOST = 128 };

static void on_watched(struct store_op *op)
{
	struct live_job *live = op->arg;
	struct open_chunk *c;

	if (!live->is_gone) {
		TAILQ_FOREACH (c, &live->chunks, link) {
			if (c->stored.no != op->u.watch.no)
				continue;
			/* also when it could not be written: work goes on while the disk is full */
			c->care.n_told = op->u.watch.n_begun;
			c->care.is_telling = false;
		}
		turns_wake(live);
	}
	live_op_done(live);
}

/* The place of the next item that is to be asked. */
static uint32_t find_place(const struct open_chunk *c)
{
	uint32_t place = c->at.next;

	while (place < c->at.end && chunk_mask_has(&c->stored.done, place))
		place++;
	return place;
}

bool careful_may_begin(struct open_chunk *c)
{
	struct live_job *live = c->live;
	uint32_t n_unclean = suspects_n_unclean(live->core->opts.suspects);

	if (n_unclean == 0)
		return true;
	uint32_t place = find_place(c);
	if (place < c->care.n_told || place == c->at.end)
		return true;
	if (c->care.is_telling)
		return false;
	struct store_op *op = store_op_new(STORE_WATCH, on_watched, live);
	op->job_no = live->job.no;
	/* the first end left no word of what was open, so all that was there may have been */
	op->u.watch = (struct stored_watch){.no = c->stored.no,
	    .n_begun = place + c->care.step,
	    .n_ends = live->is_recovered && n_unclean == 1 ? 1 : 0};
	c->care.step = c->care.step * 2 < TOLD_MOST ? c->care.step * 2 : TOLD_MOST;
	c->care.is_telling = true;
	live->n_ops++;
	store_start(live->core->opts.store, op);
	return false;
}

void careful_open(struct open_chunk *c)
{
	uint32_t n = c->stored.n_suspects;
	struct chunk_item item;

	if (n > c->stored.chunk.n)
		n = c->stored.chunk.n;
	c->care.step = TOLD_FIRST;
	c->care.at.end = n;
	TAILQ_INIT(&c->care.waiting);
	c->live->n_suspects += n > 0 ? 1 : 0;
	while (c->at.next < n && chunk_next(&c->stored.chunk, &c->at.offset, &item))
		c->at.next++;
}

void careful_close(struct open_chunk *c)
{
	struct item *item;

	c->live->n_suspects -= c->care.at.end > 0 ? 1 : 0;
	while ((item = TAILQ_FIRST(&c->care.waiting)) != NULL) {
		TAILQ_REMOVE(&c->care.waiting, item, link);
		careful_rest(item);
		item_free(item);
	}
}

static void on_noted(void *arg)
{
	struct item *item = arg;
	struct core *core = item->live->core;

	TAILQ_INSERT_TAIL(&core->noted, item, noted);
	item->is_noted = true;
	turns_kick(core);
}

static void forget_noted(struct item *item)
{
	if (item->is_noted)
		TAILQ_REMOVE(&item->live->core->noted, item, noted);
	item->is_noted = false;
}

void careful_wait(struct item *item)
{
	struct care *care = &item->chunk->care;

	item->suspect.on_noted = on_noted;
	item->suspect.arg = item;
	TAILQ_INSERT_TAIL(&care->waiting, item, link);
	care->n_waiting++;
}

void careful_ask(struct open_chunk *c)
{
	struct item *item;

	TAILQ_FOREACH (item, &c->care.waiting, link)
		suspects_ask(c->live->core->opts.suspects, &item->suspect);
}

void careful_begin(struct item *item)
{
	struct care *care = &item->chunk->care;

	forget_noted(item);
	TAILQ_REMOVE(&care->waiting, item, link);
	care->n_waiting--;
	suspects_begin(item->live->core->opts.suspects, &item->suspect);
}

void careful_rest(struct item *item)
{
	forget_noted(item);
	suspects_leave(item->live->core->opts.suspects, &item->suspect);
}
