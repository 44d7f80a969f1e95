/* What the life-time of jobs asks of the database: to pause, and to find what failed and its input
 * again. */
#include "base/alloc.h"
#include "store/sqlite_db.h"
#include "wire/record.h"

enum err db_pause(struct db *db, const struct store_op *op)
{
	sqlite3_stmt *s = db_statement(db, STATEMENT_PAUSE_JOB);

	sqlite3_bind_int64(s, 1, op->job_no);
	sqlite3_bind_int(s, 2, op->u.is_paused ? 1 : 0);
	enum err e = db_run(db, s);
	return e == OK && sqlite3_changes(db->handle) == 0 ? ERR_NOT_FOUND : e;
}

enum err db_keep_chunks(struct db *db, const struct store_op *op)
{
	enum err e = OK;

	for (size_t i = 0; e == OK && i < op->u.put.n_kept; i++) {
		sqlite3_stmt *s = db_statement(db, STATEMENT_KEEP_CHUNK);
		sqlite3_bind_int64(s, 1, op->job_no);
		sqlite3_bind_int64(s, 2, op->u.put.kept[i]);
		e = db_run(db, s);
	}
	return e;
}

static enum err check_job(struct db *db, int64_t job_no)
{
	sqlite3_stmt *s = db_statement(db, STATEMENT_HAS_JOB);

	sqlite3_bind_int64(s, 1, job_no);
	int code = sqlite3_step(s);
	sqlite3_reset(s);
	return code == SQLITE_ROW ? OK : code == SQLITE_DONE ? ERR_NOT_FOUND : db_error(db, code);
}

/* Add what failed in one block; false when there is enough. */
static bool add_failed(struct failed_page *page, uint64_t seq, const char *block, size_t len)
{
	struct result r;
	size_t offset = 0;

	for (; record_next(block, len, &offset, &r); seq++) {
		if (seq <= page->last)
			continue;
		bool has_failed = r.status == ITEM_ERROR;
		if (has_failed &&
		    (page->n == page->max || (page->wants_names && chunk_is_full(&page->names))))
			return false;
		page->last = seq;
		if (!has_failed)
			continue;
		page->indexes[page->n++] = r.index;
		if (page->wants_names)
			chunk_add(
			    &page->names, r.name, r.name_len, r.reason != REASON_INVALID_NAME);
	}
	return true;
}

enum err db_read_failed(struct db *db, struct store_op *op)
{
	enum { MOST_BLOCKS = 2000 }; /* looked through in one go when few failed */
	struct failed_page *page = &op->u.failed;
	int code = SQLITE_DONE, n_blocks = 0;
	enum err e = check_job(db, op->job_no);

	chunk_init(&page->names, 0);
	page->indexes = xmalloc(page->max * sizeof(*page->indexes));
	page->last = page->after;
	if (e != OK)
		return e;
	sqlite3_stmt *s = db_statement(db, STATEMENT_SELECT_ROWS);
	sqlite3_bind_int64(s, 1, op->job_no);
	sqlite3_bind_int64(s, 2, (int64_t)page->after + 1);
	while ((code = sqlite3_step(s)) == SQLITE_ROW) {
		if (!add_failed(page, (uint64_t)sqlite3_column_int64(s, 0),
			sqlite3_column_blob(s, 1), (size_t)sqlite3_column_bytes(s, 1)) ||
		    ++n_blocks == MOST_BLOCKS) {
			page->is_more = true;
			break;
		}
	}
	sqlite3_reset(s);
	return code == SQLITE_ROW || code == SQLITE_DONE ? OK : db_error(db, code);
}
