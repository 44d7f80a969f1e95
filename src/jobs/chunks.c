/* The open input of a live job: its chunks, which of their items are done, and the next item. */
#include <stdlib.h>

#include "base/alloc.h"
#include "jobs/jobs_private.h"

struct open_chunk *chunks_open(struct live_job *live, struct stored_chunk *stored)
{
	struct open_chunk *c = xcalloc(1, sizeof(*c));

	c->live = live;
	c->stored = *stored;
	stored->chunk.bytes.data = NULL;
	c->at.end = c->stored.chunk.n;
	c->n_left = c->stored.chunk.n - chunk_mask_count(&c->stored.done, c->stored.chunk.n);
	TAILQ_INSERT_TAIL(&live->chunks, c, link);
	live->core->n_open_bytes += c->stored.chunk.bytes.len;
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
		if (!chunk_mask_has(&c->stored.done, place))
			return true;
	}
	return false;
}

struct open_chunk *chunks_find(struct live_job *live, uint32_t index, struct chunk_item *ret_item)
{
	struct open_chunk *c = TAILQ_FIRST(&live->chunks);
	size_t offset = 0;
	bool is_there = true;

	while (c != NULL && (index < c->stored.chunk.first ||
				index - c->stored.chunk.first >= c->stored.chunk.n))
		c = TAILQ_NEXT(c, link);
	for (uint32_t i = c != NULL ? c->stored.chunk.first : 1; c != NULL && i <= index; i++)
		is_there = is_there && chunk_next(&c->stored.chunk, &offset, ret_item);
	return is_there ? c : NULL;
}

void chunks_close_one(struct open_chunk *c)
{
	struct live_job *live = c->live;

	if (live->current == c)
		live->current = TAILQ_NEXT(c, link);
	TAILQ_REMOVE(&live->chunks, c, link);
	live->core->n_open_bytes -= c->stored.chunk.bytes.len;
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
