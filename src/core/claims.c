/* Input: chunks are fetched from the store as they are needed, a little ahead, so a job of ten
 * million items costs the memory of its window. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "core/core_private.h"

/* What one run holds ready: four chunks while few runs are active, one when there are many. */
enum { FEW_RUNS = 16, CHUNKS_AHEAD = 4 };

static bool is_skipped(const struct open_chunk *c, uint32_t place)
{
	return (c->skip[place / 64] >> (place % 64) & 1) != 0;
}

/* Return the place of the first of ascending `indexes` that is not below `first`; n: there is none.
 */
static size_t find_first(const uint32_t *indexes, size_t n, uint32_t first)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (indexes[middle] < first)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Mark those of ascending `indexes` that lie in the chunk; returns how many were not marked before.
 */
static uint32_t mark_skipped(struct open_chunk *c, const uint32_t *indexes, size_t n)
{
	uint32_t first = c->stored.chunk.first, marked = 0;
	size_t low = find_first(indexes, n, first);

	for (; low < n && indexes[low] - first < c->stored.chunk.n; low++) {
		uint32_t place = indexes[low] - first;
		marked += is_skipped(c, place) ? 0 : 1;
		c->skip[place / 64] |= (uint64_t)1 << (place % 64);
	}
	return marked;
}

static void add_number(uint32_t **numbers, size_t *n, uint32_t number)
{
	*numbers = xrealloc(*numbers, (*n + 1) * sizeof(**numbers));
	(*numbers)[(*n)++] = number;
}

/* All items of the chunk are settled: the next commit deletes it, or keeps it for a retry of what
 * failed, when results don't tell all that was asked for (core/retry.c). */
static void finish_chunk(struct run *run, struct open_chunk *c)
{
	if (c->has_failed && job_kind_is_files(run->job.kind))
		add_number(&run->kept_chunks, &run->n_kept_chunks, c->stored.no);
	else
		add_number(&run->finished_chunks, &run->n_finished_chunks, c->stored.no);
	if (run->current == c)
		run->current = TAILQ_NEXT(c, link);
	TAILQ_REMOVE(&run->chunks, c, link);
	careful_close(c);
	chunk_done(&c->stored.chunk);
	free(c);
	commit_mark(run);
}

void claims_open(struct run *run, struct stored_chunk *stored, const uint32_t *skip, size_t n_skip)
{
	struct open_chunk *c = xcalloc(1, sizeof(*c));

	c->run = run;
	c->stored = *stored;
	stored->chunk.bytes.data = NULL;
	c->at.end = c->stored.chunk.n;
	c->low_seq = run->job.completed;
	c->n_left = c->stored.chunk.n;
	c->n_left -= mark_skipped(c, skip, n_skip);
	c->n_left -= mark_skipped(c, run->done, run->n_done);
	size_t at = find_first(run->failed, run->n_failed, c->stored.chunk.first);
	c->has_failed =
	    at < run->n_failed && run->failed[at] - c->stored.chunk.first < c->stored.chunk.n;
	/* It, or one behind it, was worked on before the crash: commits write the mark of the
	 * oldest chunk, so those in front may not have a higher one than those behind. */
	if (run->n_done > 0 && run->done[run->n_done - 1] >= c->stored.chunk.first)
		c->low_seq = run->low_seq;
	TAILQ_INSERT_TAIL(&run->chunks, c, link);
	careful_open(c);
	run->next_chunk = c->stored.no + 1;
	if (c->n_left == 0) {
		finish_chunk(run, c);
		return;
	}
	if (run->current == NULL)
		run->current = c;
}

void claims_settle(struct run *run, struct open_chunk *c)
{
	if (--c->n_left == 0)
		finish_chunk(run, c);
}

void claims_close(struct run *run)
{
	struct open_chunk *c;

	while ((c = TAILQ_FIRST(&run->chunks)) != NULL) {
		TAILQ_REMOVE(&run->chunks, c, link);
		careful_close(c);
		chunk_done(&c->stored.chunk);
		free(c);
	}
	run->current = NULL;
}

static void on_claimed(struct store_op *op)
{
	struct run *run = op->arg;

	run->is_claiming = false;
	if (!run->is_gone && !job_state_is_ended(run->next_state)) {
		if (op->err != OK) {
			log_error("input_lost", "job_no=%lld error=%s", (long long)run->job.no,
			    err_str(op->err));
			run_stop(run, JOB_FAILED, JOB_REASON_INPUT_LOST);
			commit_mark(run);
		}
		for (size_t i = 0; i < op->u.claim.n; i++)
			claims_open(
			    run, &op->u.claim.chunks[i], op->u.claim.skip, op->u.claim.n_skip);
		run->is_all_claimed = op->u.claim.n < op->u.claim.max;
		commit_mark(run); /* nothing may be left to do */
		sched_wake(run);
	}
	run_op_done(run);
}

void claims_fetch(struct run *run)
{
	uint32_t ahead = run->core->n_in_place[PLACE_ACTIVE] > FEW_RUNS ? 1 : CHUNKS_AHEAD,
		 ready = 0;

	if (run->is_claiming || run->is_all_claimed || job_state_is_ended(run->next_state))
		return;
	for (struct open_chunk *c = run->current; c != NULL && ready < ahead;
	     c = TAILQ_NEXT(c, link))
		ready += c->at.next < c->at.end;
	/* again when half is used up: one chunk ahead means when it is the last */
	if (ready > ahead / 2)
		return;
	struct store_op *op = store_op_new(STORE_CLAIM, on_claimed, run);
	op->job_no = run->job.no;
	op->u.claim.from = run->next_chunk;
	op->u.claim.max = ahead - ready > 0 ? ahead - ready : 1;
	op->u.claim.has_aliases = run->has_aliases;
	run->is_claiming = true;
	run->n_ops++;
	store_start(run->core->opts.store, op);
}
