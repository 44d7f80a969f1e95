/* The open input of a live job: its chunks, which of their items are skipped, and the next item. */
#include <stdlib.h>

#include "base/alloc.h"
#include "jobs/jobs_private.h"

/* Return the position of the first of ascending `indexes` that is at least `first`, or n. */
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

/* Mark those of ascending `indexes` that lie in the chunk. Return how many were not marked before.
 */
static uint32_t mark_skipped(struct open_chunk *c, const uint32_t *indexes, size_t n)
{
	uint32_t first = c->stored.chunk.first, marked = 0;
	size_t low = find_first(indexes, n, first);

	for (; low < n && indexes[low] - first < c->stored.chunk.n; low++) {
		uint32_t place = indexes[low] - first;
		marked += open_chunk_skips(c, place) ? 0 : 1;
		c->skip[place / 64] |= (uint64_t)1 << (place % 64);
	}
	return marked;
}

struct open_chunk *chunks_open(
    struct live_job *live, struct stored_chunk *stored, const uint32_t *skip, size_t n_skip)
{
	struct open_chunk *c = xcalloc(1, sizeof(*c));

	c->live = live;
	c->stored = *stored;
	stored->chunk.bytes.data = NULL;
	c->at.end = c->stored.chunk.n;
	c->low_seq = live->job.completed;
	c->n_left = c->stored.chunk.n;
	c->n_left -= mark_skipped(c, skip, n_skip);
	c->n_left -= mark_skipped(c, live->done, live->n_done);
	size_t at = find_first(live->failed, live->n_failed, c->stored.chunk.first);
	c->has_failed =
	    at < live->n_failed && live->failed[at] - c->stored.chunk.first < c->stored.chunk.n;
	/* This chunk, or a later one, was open before the crash. Commits write the low_seq of the
	 * oldest chunk, so no chunk may have a higher one than those after it. */
	if (live->n_done > 0 && live->done[live->n_done - 1] >= c->stored.chunk.first)
		c->low_seq = live->low_seq;
	TAILQ_INSERT_TAIL(&live->chunks, c, link);
	careful_open(c);
	live->next_chunk = c->stored.no + 1;
	return c;
}

bool chunks_next_item(
    struct open_chunk *c, struct chunk_cursor *at, struct chunk_item *ret_item, uint32_t *ret_index)
{
	while (at->next < at->end && chunk_next(&c->stored.chunk, &at->offset, ret_item)) {
		uint32_t place = at->next++;
		*ret_index = c->stored.chunk.first + place;
		if (!open_chunk_skips(c, place))
			return true;
	}
	return false;
}

void chunks_close_one(struct open_chunk *c)
{
	struct live_job *live = c->live;

	if (live->current == c)
		live->current = TAILQ_NEXT(c, link);
	TAILQ_REMOVE(&live->chunks, c, link);
	careful_close(c);
	chunk_done(&c->stored.chunk);
	free(c);
}

void chunks_close(struct live_job *live)
{
	struct open_chunk *c;

	while ((c = TAILQ_FIRST(&live->chunks)) != NULL)
		chunks_close_one(c);
}
