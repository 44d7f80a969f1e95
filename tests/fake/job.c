/* The verbs of one job in memory. */
#include "job.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/chunk.h"

static struct chunk copy_chunk(const struct chunk *from)
{
	struct chunk to;

	chunk_init(&to, from->first);
	to.n = from->n;
	buf_add(&to.bytes, from->bytes.data, from->bytes.len);
	return to;
}

/* Copy the input of an operation, whose owner it stays. */
void fake_job_add_input(struct fake_job *j, const struct store_op *op)
{
	size_t n_chunks = op->u.input.n_chunks, n_aliases = op->u.input.n_aliases;

	j->chunks = xrealloc(j->chunks, (j->n_chunks + n_chunks + 1) * sizeof(*j->chunks));
	for (size_t i = 0; i < n_chunks; i++) {
		const struct stored_chunk *c = &op->u.input.chunks[i];
		ck_assert(j->n_chunks == 0 || c->no == j->chunks[j->n_chunks - 1].no + 1);
		j->chunks[j->n_chunks++] =
		    (struct stored_chunk){.no = c->no, .chunk = copy_chunk(&c->chunk)};
	}
	j->aliases = xrealloc(j->aliases, (j->n_aliases + n_aliases + 1) * sizeof(*j->aliases));
	for (size_t i = 0; i < n_aliases; i++)
		j->aliases[j->n_aliases++] = op->u.input.aliases[i];
}

void fake_job_add_result(struct fake_job *j, uint32_t index, enum item_status s, enum reason reason,
    const char *name, size_t name_len)
{
	ck_assert_uint_lt(index, j->job.total);
	if (j->results == NULL) {
		j->results = xcalloc(j->job.total, sizeof(*j->results));
		j->has_result = xcalloc(j->job.total, sizeof(*j->has_result));
	}
	ck_assert_msg(!j->has_result[index], "item %u has its result twice", index);
	j->has_result[index] = true;
	struct fake_item *item = &j->results[j->n_results++];
	*item = (struct fake_item){.index = index, .status = s, .reason = reason};
	memcpy(item->name, name, name_len < sizeof(item->name) ? name_len : sizeof(item->name) - 1);
	j->job.completed++;
	j->job.counts[s]++;
}

static bool is_alias(const struct fake_job *j, uint32_t index)
{
	for (size_t i = 0; i < j->n_aliases; i++) {
		if (j->aliases[i].index == index)
			return true;
	}
	return false;
}

static bool is_settled(const struct fake_job *j, uint32_t index)
{
	return (j->has_result != NULL && j->has_result[index]) || is_alias(j, index);
}

/* What an operation says of an open chunk is what the results say. */
void fake_job_check_progress(const struct fake_job *j, const struct chunk_progress *p)
{
	for (size_t i = 0; i < j->n_chunks; i++) {
		const struct chunk *c = &j->chunks[i].chunk;
		for (uint32_t place = 0; j->chunks[i].no == p->no && place < c->n; place++)
			ck_assert(
			    chunk_mask_has(&p->done, place) == is_settled(j, c->first + place));
	}
}

void fake_job_finish_chunk(struct fake_job *j, uint32_t no, bool is_kept)
{
	size_t i = 0;

	while (i < j->n_chunks && j->chunks[i].no != no)
		i++;
	ck_assert_msg(i < j->n_chunks, "chunk %u was finished twice", no);
	for (uint32_t place = 0; place < j->chunks[i].chunk.n; place++)
		ck_assert(is_settled(j, j->chunks[i].chunk.first + place));
	if (is_kept) {
		j->kept = xrealloc(j->kept, (j->n_kept + 1) * sizeof(*j->kept));
		j->kept[j->n_kept++] = j->chunks[i];
	} else {
		chunk_done(&j->chunks[i].chunk);
	}
	j->n_chunks--;
	memmove(&j->chunks[i], &j->chunks[i + 1], (j->n_chunks - i) * sizeof(*j->chunks));
}

void fake_job_total(const struct fake_job *j, struct job_totals *ret_totals)
{
	ret_totals->completed = j->job.completed;
	memcpy(ret_totals->counts, j->job.counts, sizeof(ret_totals->counts));
}

enum err fake_job_copy(struct fake_job *j, struct store_op *op)
{
	size_t n = j->n_aliases < op->u.copy.max ? j->n_aliases : op->u.copy.max;

	if (j->is_deleted)
		return ERR_NOT_FOUND;
	for (size_t i = 0; i < n; i++) {
		size_t at = 0;
		while (at < j->n_results && j->results[at].index != j->aliases[i].first)
			at++;
		ck_assert_msg(at < j->n_results, "copied before the first has its result");
		struct fake_item from = j->results[at];
		fake_job_add_result(
		    j, j->aliases[i].index, from.status, from.reason, from.name, strlen(from.name));
		op->u.copy.counts[from.status]++;
	}
	j->n_aliases -= n;
	memmove(j->aliases, j->aliases + n, j->n_aliases * sizeof(*j->aliases));
	op->u.copy.n = (uint32_t)n;
	fake_job_total(j, &op->u.copy.totals);
	return OK;
}

enum err fake_job_pause(struct fake_job *j, const struct store_op *op)
{
	if (j->is_deleted || job_state_is_ended(j->job.state))
		return ERR_NOT_FOUND;
	j->job.is_paused = op->u.is_paused;
	return OK;
}

static const struct stored_chunk *next_chunk(
    const struct fake_job *j, uint32_t from, bool with_kept)
{
	const struct stored_chunk *best = NULL;

	for (size_t i = 0; i < j->n_chunks; i++) {
		if (j->chunks[i].no >= from && (best == NULL || j->chunks[i].no < best->no))
			best = &j->chunks[i];
	}
	for (size_t i = 0; with_kept && i < j->n_kept; i++) {
		if (j->kept[i].no >= from && (best == NULL || j->kept[i].no < best->no))
			best = &j->kept[i];
	}
	return best;
}

enum err fake_job_cancel(struct fake_job *j, struct store_op *op)
{
	if (j->is_deleted || job_state_is_ended(j->job.state))
		return ERR_NOT_FOUND;
	j->job.state = op->u.put.state;
	j->job.started_at = op->u.put.started_at;
	j->job.finished_at = op->u.put.finished_at;
	j->job.is_paused = false;
	fake_job_total(j, &op->u.put.totals);
	return OK;
}

static void mark_settled(const struct fake_job *j, struct stored_chunk *c)
{
	for (uint32_t place = 0; place < c->chunk.n; place++) {
		if (is_settled(j, c->chunk.first + place))
			chunk_mask_add(&c->done, place);
	}
	for (size_t i = 0; i < j->n_results; i++) {
		if (j->results[i].index - c->chunk.first < c->chunk.n)
			c->has_failed = c->has_failed || j->results[i].status == ITEM_ERROR;
	}
}

void fake_job_claim(const struct fake_job *j, struct store_op *op)
{
	uint32_t from = op->u.claim.from;
	const struct stored_chunk *c;

	op->u.claim.chunks = xcalloc(op->u.claim.max, sizeof(*op->u.claim.chunks));
	while (op->u.claim.n < op->u.claim.max &&
	       (c = next_chunk(j, from, op->u.claim.with_kept)) != NULL) {
		struct stored_chunk *to = &op->u.claim.chunks[op->u.claim.n++];
		*to = (struct stored_chunk){.no = c->no, .chunk = copy_chunk(&c->chunk)};
		if (!op->u.claim.with_kept)
			mark_settled(j, to);
		from = c->no + 1;
	}
}

enum err fake_job_find_failed(const struct fake_job *j, struct store_op *op)
{
	struct failed_page *page = &op->u.failed;

	if (j->is_deleted)
		return ERR_NOT_FOUND;
	chunk_init(&page->names, 0);
	page->indexes = xcalloc(page->max, sizeof(uint32_t));
	for (page->last = page->after; page->last < j->n_results; page->last++) {
		const struct fake_item *item = &j->results[page->last];
		if (item->status != ITEM_ERROR)
			continue;
		page->is_more = page->n == page->max || chunk_is_full(&page->names);
		if (page->is_more)
			break;
		page->indexes[page->n++] = item->index;
		if (page->wants_names)
			chunk_add(&page->names, item->name, strlen(item->name),
			    item->reason != REASON_INVALID_NAME);
	}
	return OK;
}
