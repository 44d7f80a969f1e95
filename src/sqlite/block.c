/* Blocks of results, read and checked. A block has a sum; one of an older version has none and is
 * decoded instead. Blocks of a job follow each other without gaps up to job.completed, which is
 * written in the same transaction, so a missing one is found too. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "sqlite/block.h"
#include "wire/record.h"

int64_t db_sum(const void *bytes, size_t len, uint64_t first, uint64_t n)
{
	return (int64_t)XXH3_64bits_withSeed(bytes, len, first * 1000003 + n);
}

/* Whether the bytes are exactly `n` valid records. */
static bool is_whole(const char *bytes, size_t len, uint64_t n)
{
	struct result r;
	size_t offset = 0;

	while (record_next(bytes, len, &offset, &r)) {
		if (n-- == 0)
			return false;
	}
	return n == 0 && offset == len;
}

/* Read the columns seq, records, n, sum. */
static struct block read_block(sqlite3_stmt *s)
{
	struct block b = {.first = (uint64_t)sqlite3_column_int64(s, 0),
	    .bytes = sqlite3_column_blob(s, 1),
	    .len = (size_t)sqlite3_column_bytes(s, 1),
	    .n = (uint64_t)sqlite3_column_int64(s, 2)};

	if (b.bytes == NULL)
		b.bytes = "";
	b.is_good = b.n > 0 &&
		    (sqlite3_column_type(s, 3) == SQLITE_NULL
			    ? is_whole(b.bytes, b.len, b.n)
			    : sqlite3_column_int64(s, 3) == db_sum(b.bytes, b.len, b.first, b.n));
	return b;
}

enum err db_load_result(struct db *db, int64_t job_no, int64_t seq, struct result *ret_result)
{
	sqlite3_stmt *s = db_statement(db, STATEMENT_SELECT_BLOCK);

	if (seq <= 0)
		return ERR_NOT_FOUND;
	BIND(s, 1, job_no, seq);
	enum err e = db_step_one(db, s);
	if (e != OK)
		return e == ERR_NOT_FOUND ? ERR_DAMAGED : e;
	struct block b = read_block(s);
	if (!b.is_good || (uint64_t)seq - b.first >= b.n)
		return ERR_DAMAGED;
	size_t offset = 0;
	for (uint64_t at = b.first; record_next(b.bytes, b.len, &offset, ret_result); at++) {
		if (at == (uint64_t)seq)
			return OK;
	}
	return ERR_DAMAGED;
}

/* --- Walks --- */

static bool fail(struct walk *w, uint64_t first, uint64_t last)
{
	w->err = ERR_DAMAGED;
	w->damage = (struct store_damage){.what = DAMAGED_RESULTS, .first = first, .last = last};
	return false;
}

/* The block under the cursor is damaged, maybe including its number of records: it is assumed to
 * end where the next block starts. */
static bool fail_block(struct walk *w)
{
	int code = sqlite3_step(w->rows);
	uint64_t last = code == SQLITE_ROW    ? (uint64_t)sqlite3_column_int64(w->rows, 0) - 1
			: code == SQLITE_DONE ? w->base.completed
					      : 0;

	return fail(w, w->base.seq, last >= w->base.seq ? last : 0);
}

/* Move on to the block that has result `seq`; false at the end, or when there is damage. */
static bool next_block(struct walk *w)
{
	int code;

	while ((code = sqlite3_step(w->rows)) == SQLITE_ROW) {
		struct block b = read_block(w->rows);
		uint64_t last = b.first + b.n - 1;
		if (b.is_good && last < w->base.seq)
			continue; /* the one before a gap */
		if (b.first > w->base.seq)
			return fail(w, w->base.seq, b.first - 1);
		if (!b.is_good || last > w->base.completed)
			return fail_block(w);
		w->block = b;
		w->offset = 0;
		w->at = b.first;
		w->base.n_blocks++;
		return true;
	}
	if (code == SQLITE_DONE)
		return w->base.seq > w->base.completed ? false
						       : fail(w, w->base.seq, w->base.completed);
	w->err = db_error(w->db, code);
	return w->err == ERR_DAMAGED ? fail(w, w->base.seq, 0) : false;
}

static bool next_result(struct results_walk *walk, struct result *ret_result)
{
	struct walk *w = (struct walk *)walk;

	for (;;) {
		if (w->at == w->block.first + w->block.n && (w->err != OK || !next_block(w)))
			return false;
		if (!record_next(w->block.bytes, w->block.len, &w->offset, ret_result))
			return fail_block(w);
		ret_result->seq = w->at++;
		if (ret_result->seq == w->base.seq) {
			w->base.seq++;
			return true;
		}
	}
}

enum err db_walk_begin(struct walk *w, struct db *db, int64_t job_no, uint64_t after)
{
	*w = (struct walk){.db = db, .base = {.next = next_result, .seq = after + 1}};
	w->job = QUERY(db, STATEMENT_SELECT_COMPLETED, job_no);
	/* it is not reset before the end: so both statements see the same moment */
	w->err = db_step_one(db, w->job);
	if (w->err != OK) {
		sqlite3_reset(w->job);
		return w->err;
	}
	w->base.completed = (uint64_t)sqlite3_column_int64(w->job, 0);
	w->rows = QUERY(db, STATEMENT_SELECT_ROWS, job_no, (int64_t)w->base.seq);
	return OK;
}

enum err db_walk_end(struct walk *w, struct store_op *op)
{
	sqlite3_reset(w->rows);
	sqlite3_reset(w->job);
	op->damage = w->damage;
	return w->err;
}
