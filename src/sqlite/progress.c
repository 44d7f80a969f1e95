/* Chunks, and which of their items have results: one mask a chunk, in a table of its own so that a
 * commit does not write the chunk's items again. */
#include "sqlite/progress.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "sqlite/block.h"
#include "sqlite/verbs.h"

/* Say whether `n` items can be read, and nothing is left: of a chunk without a sum. */
static bool is_whole(const struct chunk *chunk)
{
	struct chunk_item item;
	size_t offset = 0;
	uint32_t n = 0;

	while (chunk_next(chunk, &offset, &item))
		n++;
	return n == chunk->n && offset == chunk->bytes.len;
}

bool db_read_chunk(sqlite3_stmt *s, struct stored_chunk *ret_chunk)
{
	ret_chunk->no = (uint32_t)sqlite3_column_int64(s, 0);
	chunk_init(&ret_chunk->chunk, (uint32_t)sqlite3_column_int64(s, 1));
	ret_chunk->chunk.n = (uint32_t)sqlite3_column_int64(s, 2);
	buf_add(
	    &ret_chunk->chunk.bytes, sqlite3_column_blob(s, 3), (size_t)sqlite3_column_bytes(s, 3));
	ret_chunk->n_suspects = (uint32_t)sqlite3_column_int64(s, 5);
	ret_chunk->has_failed = sqlite3_column_int(s, 7) != 0;
	size_t n_done = (size_t)sqlite3_column_bytes(s, 6);
	if (n_done > 0 && n_done <= sizeof(ret_chunk->done.bits))
		memcpy(ret_chunk->done.bits, sqlite3_column_blob(s, 6), n_done);
	const struct chunk *c = &ret_chunk->chunk;
	bool is_good =
	    sqlite3_column_type(s, 4) == SQLITE_NULL
		? is_whole(c)
		: sqlite3_column_int64(s, 4) == db_sum(c->bytes.data, c->bytes.len, c->first, c->n);
	return is_good && !c->bytes.overflow && c->n > 0 && c->n <= CHUNK_ITEMS;
}

static enum err put_mask(struct db *db, int64_t job_no, const struct chunk_progress *p)
{
	sqlite3_stmt *s = QUERY(db, STATEMENT_PUT_PROGRESS, job_no, p->no, p->has_failed);

	sqlite3_bind_blob(s, 4, p->done.bits, sizeof(p->done.bits), SQLITE_STATIC);
	return db_run(db, s);
}

enum err db_put_progress(
    struct db *db, const struct store_op *op, const struct chunk_progress *progress)
{
	if (progress->state == CHUNK_OPEN)
		return put_mask(db, op->job_no, progress);
	enum err e =
	    RUN(db, progress->state == CHUNK_KEPT ? STATEMENT_KEEP_CHUNK : STATEMENT_DELETE_CHUNK,
		op->job_no, progress->no);
	if (e == OK)
		e = RUN(db, STATEMENT_DELETE_PROGRESS, op->job_no, progress->no);
	return e == OK && op->u.put.is_watched ? db_unwatch(db, op->job_no, progress->no) : e;
}

/* --- Version 5 --- */

/* The open chunks of one job. */
struct open_chunks {
	size_t n;
	struct open_chunk {
		uint32_t first, n;
		bool is_touched;
		struct chunk_progress progress;
	} * all; /* owned; ascending */
};

static enum err read_open(struct db *db, int64_t job_no, struct open_chunks *ret_open)
{
	sqlite3_stmt *s = QUERY(db, STATEMENT_SELECT_OPEN_CHUNKS, job_no);
	size_t room = 0;
	int code;

	while ((code = sqlite3_step(s)) == SQLITE_ROW) {
		if (ret_open->n == room) {
			room = room > 0 ? 2 * room : 64;
			ret_open->all = xrealloc(ret_open->all, room * sizeof(*ret_open->all));
		}
		ret_open->all[ret_open->n++] =
		    (struct open_chunk){.first = (uint32_t)sqlite3_column_int64(s, 1),
			.n = (uint32_t)sqlite3_column_int64(s, 2),
			.progress = {.no = (uint32_t)sqlite3_column_int64(s, 0)}};
	}
	sqlite3_reset(s);
	return code == SQLITE_DONE ? OK : db_error(db, code);
}

static int compare_place(const void *key, const void *element)
{
	uint32_t index = *(const uint32_t *)key;
	const struct open_chunk *c = element;

	return index < c->first ? -1 : index - c->first >= c->n ? 1 : 0;
}

/* What can't be read is asked again. */
static enum err mark_results(
    struct db *db, int64_t job_no, uint64_t after, struct open_chunks *open)
{
	struct store_op op = {.err = OK};
	struct walk w;
	struct result r;
	enum err e = db_walk_begin(&w, db, job_no, after);

	if (e != OK)
		return e;
	while (w.base.next(&w.base, &r)) {
		struct open_chunk *c =
		    bsearch(&r.index, open->all, open->n, sizeof(*open->all), compare_place);
		if (c == NULL || r.index - c->first >= CHUNK_ITEMS)
			continue;
		c->is_touched = true;
		c->progress.has_failed = c->progress.has_failed || item_status_is_failure(r.status);
		chunk_mask_add(&c->progress.done, r.index - c->first);
	}
	e = db_walk_end(&w, &op);
	return e == ERR_DAMAGED ? OK : e;
}

static enum err take_over(struct db *db, int64_t job_no, uint64_t low_seq)
{
	struct open_chunks open = {.n = 0};
	enum err e = read_open(db, job_no, &open);

	if (e == OK && open.n > 0)
		e = mark_results(db, job_no, low_seq, &open);
	for (size_t i = 0; e == OK && i < open.n; i++) {
		if (open.all[i].is_touched)
			e = put_mask(db, job_no, &open.all[i].progress);
	}
	free(open.all);
	return e;
}

enum err db_take_over_progress(struct db *db)
{
	sqlite3_stmt *s = NULL;
	enum err e = OK;
	int code = sqlite3_prepare_v2(db->handle,
	    "SELECT no, low_seq FROM job WHERE state IN (0, 1) AND garbage = 0 AND completed > "
	    "low_seq",
	    -1, &s, NULL);

	if (code != SQLITE_OK)
		return db_error(db, code);
	while (e == OK && (code = sqlite3_step(s)) == SQLITE_ROW)
		e = take_over(db, sqlite3_column_int64(s, 0), (uint64_t)sqlite3_column_int64(s, 1));
	if (e == OK && code != SQLITE_DONE)
		e = db_error(db, code);
	sqlite3_finalize(s);
	return e;
}
