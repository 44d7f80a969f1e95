/* The reading verbs. Each is one short read transaction, because an open reader keeps the
 * write-ahead log from starting anew. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "store/sqlite_db.h"
#include "wire/record.h"

enum err db_load_result(struct db *db, int64_t job_no, int64_t seq, struct result *ret_result)
{
	sqlite3_stmt *s = db_statement(db, STATEMENT_SELECT_BLOCK);

	sqlite3_bind_int64(s, 1, job_no);
	sqlite3_bind_int64(s, 2, seq);
	int code = sqlite3_step(s);
	if (code != SQLITE_ROW)
		return code == SQLITE_DONE ? ERR_NOT_FOUND : db_error(db, code);
	int64_t at = sqlite3_column_int64(s, 0);
	const char *block = sqlite3_column_blob(s, 1);
	size_t len = (size_t)sqlite3_column_bytes(s, 1), offset = 0;
	while (record_next(block, len, &offset, ret_result)) {
		if (at++ == seq)
			return OK;
	}
	return ERR_NOT_FOUND;
}

static void read_chunk(sqlite3_stmt *s, struct stored_chunk *ret_chunk)
{
	ret_chunk->no = (uint32_t)sqlite3_column_int64(s, 0);
	chunk_init(&ret_chunk->chunk, (uint32_t)sqlite3_column_int64(s, 1));
	ret_chunk->chunk.n = (uint32_t)sqlite3_column_int64(s, 2);
	buf_add(
	    &ret_chunk->chunk.bytes, sqlite3_column_blob(s, 3), (size_t)sqlite3_column_bytes(s, 3));
}

/* Collect the first column of all rows. */
static enum err read_numbers(struct db *db, sqlite3_stmt *s, uint32_t **ret_numbers, size_t *ret_n)
{
	size_t n = 0, room = 0;
	uint32_t *numbers = NULL;
	int code;

	while ((code = sqlite3_step(s)) == SQLITE_ROW) {
		if (n == room) {
			room = room > 0 ? room * 2 : 64;
			numbers = xrealloc(numbers, room * sizeof(*numbers));
		}
		numbers[n++] = (uint32_t)sqlite3_column_int64(s, 0);
	}
	*ret_numbers = numbers;
	*ret_n = n;
	return code == SQLITE_DONE ? OK : db_error(db, code);
}

static enum err claim(struct db *db, struct store_op *op)
{
	sqlite3_stmt *s = db_statement(
	    db, op->u.claim.with_kept ? STATEMENT_SELECT_ALL_CHUNKS : STATEMENT_SELECT_CHUNKS);
	int code;

	op->u.claim.chunks = xcalloc(op->u.claim.max, sizeof(*op->u.claim.chunks));
	sqlite3_bind_int64(s, 1, op->job_no);
	sqlite3_bind_int64(s, 2, op->u.claim.from);
	sqlite3_bind_int64(s, 3, op->u.claim.max);
	while ((code = sqlite3_step(s)) == SQLITE_ROW)
		read_chunk(s, &op->u.claim.chunks[op->u.claim.n++]);
	sqlite3_reset(s);
	if (code != SQLITE_DONE)
		return db_error(db, code);
	if (!op->u.claim.has_aliases || op->u.claim.n == 0)
		return OK;
	const struct chunk *last = &op->u.claim.chunks[op->u.claim.n - 1].chunk;
	s = db_statement(db, STATEMENT_SELECT_SKIP);
	sqlite3_bind_int64(s, 1, op->job_no);
	sqlite3_bind_int64(s, 2, op->u.claim.chunks[0].chunk.first);
	sqlite3_bind_int64(s, 3, (int64_t)last->first + last->n - 1);
	enum err e = read_numbers(db, s, &op->u.claim.skip, &op->u.claim.n_skip);
	sqlite3_reset(s);
	return e;
}

static enum err load(struct db *db, struct store_op *op)
{
	sqlite3_stmt *s = db_statement(db, STATEMENT_SELECT_JOB_BY_ID);

	sqlite3_bind_blob(s, 1, op->u.job.id.bytes, sizeof(op->u.job.id.bytes), SQLITE_STATIC);
	int code = sqlite3_step(s);
	if (code == SQLITE_ROW)
		db_read_job(s, &op->u.job);
	sqlite3_reset(s);
	return code == SQLITE_ROW ? OK : code == SQLITE_DONE ? ERR_NOT_FOUND : db_error(db, code);
}

static enum statement choose_list(const struct job_filter *f)
{
	return !id_is_none(&f->schedule_id)    ? STATEMENT_LIST_JOBS_OF_SCHEDULE
	       : f->label != NULL              ? STATEMENT_LIST_JOBS_WITH_LABEL
	       : f->has_paused && f->is_paused ? STATEMENT_LIST_JOBS_PAUSED
	       : f->has_state                  ? STATEMENT_LIST_JOBS_IN_STATE
					       : STATEMENT_LIST_JOBS;
}

static enum err list(struct db *db, struct store_op *op)
{
	const struct job_filter *f = &op->u.list.filter;
	sqlite3_stmt *s = db_statement(db, choose_list(f));
	int code;

	sqlite3_bind_blob(
	    s, 1, op->u.list.before.bytes, sizeof(op->u.list.before.bytes), SQLITE_STATIC);
	sqlite3_bind_int64(s, 2, (int64_t)op->u.list.limit + 1);
	sqlite3_bind_int(s, 3, f->has_state ? (int)f->state : -1);
	sqlite3_bind_int(s, 4, f->has_kind ? (int)f->kind : -1);
	sqlite3_bind_text(s, 5, f->label, -1, SQLITE_STATIC); /* NULL binds null */
	db_bind_id(s, 6, &f->schedule_id);
	sqlite3_bind_int(s, 7, f->has_paused ? (int)f->is_paused : -1);
	sqlite3_bind_int64(s, 8, f->created_before);
	op->u.list.jobs = xcalloc(op->u.list.limit, sizeof(*op->u.list.jobs));
	while ((code = sqlite3_step(s)) == SQLITE_ROW && op->u.list.n < op->u.list.limit)
		db_read_job(s, &op->u.list.jobs[op->u.list.n++]);
	op->u.list.is_more = code == SQLITE_ROW;
	sqlite3_reset(s);
	return code == SQLITE_ROW || code == SQLITE_DONE ? OK : db_error(db, code);
}

/* Bind the block that holds the result behind `after`, and those that follow. */
static sqlite3_stmt *select_behind(struct db *db, int64_t job_no, uint64_t after)
{
	sqlite3_stmt *s = db_statement(db, STATEMENT_SELECT_ROWS);

	sqlite3_bind_int64(s, 1, job_no);
	sqlite3_bind_int64(s, 2, (int64_t)after + 1);
	return s;
}

/* Add the rows of one block; false when there is enough. */
static bool add_block(struct store_op *op, uint64_t seq, const char *block, size_t len)
{
	struct result r;
	size_t offset = 0;

	for (; record_next(block, len, &offset, &r); seq++) {
		if (seq <= op->u.rows.last)
			continue;
		if ((op->u.rows.limit > 0 && op->u.rows.n == op->u.rows.limit) ||
		    op->u.rows.text.len >= op->u.rows.max_bytes)
			return false;
		op->u.rows.last = seq;
		if (op->u.rows.has_status && r.status != op->u.rows.status)
			continue;
		r.seq = seq;
		result_add_row(&op->u.rows.text, op->u.rows.format, &r,
		    op->u.rows.is_first && op->u.rows.n == 0);
		op->u.rows.n++;
	}
	return true;
}

static enum err read_rows(struct db *db, struct store_op *op)
{
	enum { MOST_BLOCKS = 2000 }; /* looked through in one go when a filter lets few rows pass */
	sqlite3_stmt *s = select_behind(db, op->job_no, op->u.rows.after);
	int code, n_blocks = 0;

	buf_init(&op->u.rows.text, SIZE_MAX / 2);
	op->u.rows.last = op->u.rows.after;
	while ((code = sqlite3_step(s)) == SQLITE_ROW) {
		const char *block = sqlite3_column_blob(s, 1);
		if (!add_block(op, (uint64_t)sqlite3_column_int64(s, 0), block,
			(size_t)sqlite3_column_bytes(s, 1)) ||
		    ++n_blocks == MOST_BLOCKS) {
			op->u.rows.is_more = true;
			break;
		}
	}
	sqlite3_reset(s);
	return code == SQLITE_ROW || code == SQLITE_DONE ? OK : db_error(db, code);
}

static int compare_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Add a number to an array that grows by doubling. */
static void add_number(uint32_t **numbers, size_t *n, uint32_t number)
{
	if (*n == 0 || (*n >= 1024 && (*n & (*n - 1)) == 0))
		*numbers = xrealloc(*numbers, (*n > 0 ? *n * 2 : 1024) * sizeof(**numbers));
	(*numbers)[(*n)++] = number;
}

static void sort_numbers(uint32_t *numbers, size_t n)
{
	if (n > 0)
		qsort(numbers, n, sizeof(*numbers), compare_numbers);
}

static enum err read_done(struct db *db, struct store_op *op)
{
	sqlite3_stmt *s = select_behind(db, op->job_no, op->u.done.low_seq);
	int code;

	while ((code = sqlite3_step(s)) == SQLITE_ROW) {
		uint64_t seq = (uint64_t)sqlite3_column_int64(s, 0);
		const char *block = sqlite3_column_blob(s, 1);
		size_t len = (size_t)sqlite3_column_bytes(s, 1), offset = 0;
		struct result r;
		for (; record_next(block, len, &offset, &r); seq++) {
			if (seq <= op->u.done.low_seq)
				continue;
			add_number(&op->u.done.indexes, &op->u.done.n, r.index);
			if (r.status == ITEM_ERROR)
				add_number(&op->u.done.failed, &op->u.done.n_failed, r.index);
		}
	}
	sqlite3_reset(s);
	sort_numbers(op->u.done.indexes, op->u.done.n);
	sort_numbers(op->u.done.failed, op->u.done.n_failed);
	return code == SQLITE_DONE ? OK : db_error(db, code);
}

static char *copy_span(struct span s)
{
	return s.len > 0 ? xstrndup(s.bytes, s.len) : NULL;
}

static void add_file(struct store_op *op, const struct result *r)
{
	const struct file_result *f = &r->file;
	struct stored_file *file = &op->u.files.files[op->u.files.n++];

	file->name = xstrndup(f->file_name.bytes, f->file_name.len);
	file->content_type = copy_span(f->content_type);
	file->content_encoding = copy_span(f->content_encoding);
	file->n_bytes = f->n_bytes;
	file->saved_at = r->finished_at;
	memcpy(file->digest, f->digest, sizeof(file->digest));
}

static enum err find_file(struct db *db, struct store_op *op)
{
	sqlite3_stmt *s = db_statement(db, STATEMENT_FIND_FILE);
	struct result r;

	sqlite3_bind_int64(s, 1, op->job_no);
	sqlite3_bind_text(s, 2, op->u.files.name, -1, SQLITE_STATIC);
	int code = sqlite3_step(s);
	int64_t seq = code == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
	sqlite3_reset(s);
	if (code != SQLITE_ROW)
		return code == SQLITE_DONE ? ERR_NOT_FOUND : db_error(db, code);
	enum err e = db_load_result(db, op->job_no, seq, &r);
	if (e == OK && r.is_file && r.file.is_saved)
		add_file(op, &r);
	(void)db_statement(db, STATEMENT_SELECT_BLOCK);
	return e;
}

/* Add the files of one block; false when there are enough. */
static bool add_files(struct store_op *op, uint64_t seq, const char *block, size_t len)
{
	struct result r;
	size_t offset = 0;

	for (; record_next(block, len, &offset, &r); seq++) {
		if (seq <= op->u.files.last)
			continue;
		if (op->u.files.n == op->u.files.max)
			return false;
		op->u.files.last = seq;
		if (r.is_file && r.file.is_saved)
			add_file(op, &r);
	}
	return true;
}

static enum err read_files(struct db *db, struct store_op *op)
{
	op->u.files.files =
	    xcalloc(op->u.files.name != NULL ? 1 : op->u.files.max, sizeof(*op->u.files.files));
	if (op->u.files.name != NULL)
		return find_file(db, op);
	sqlite3_stmt *s = select_behind(db, op->job_no, op->u.files.after);
	int code;
	op->u.files.last = op->u.files.after;
	while ((code = sqlite3_step(s)) == SQLITE_ROW) {
		if (!add_files(op, (uint64_t)sqlite3_column_int64(s, 0), sqlite3_column_blob(s, 1),
			(size_t)sqlite3_column_bytes(s, 1))) {
			op->u.files.is_more = true;
			break;
		}
	}
	sqlite3_reset(s);
	return code == SQLITE_ROW || code == SQLITE_DONE ? OK : db_error(db, code);
}

static enum err read_unknown(struct db *db, struct store_op *op)
{
	size_t n = 0;
	int code;

	for (size_t i = 0; i < op->u.ids.n; i++) {
		sqlite3_stmt *s = db_statement(db, STATEMENT_SELECT_JOB_BY_ID);
		sqlite3_bind_blob(
		    s, 1, op->u.ids.ids[i].bytes, sizeof(op->u.ids.ids[i].bytes), SQLITE_STATIC);
		code = sqlite3_step(s);
		if (code == SQLITE_DONE)
			op->u.ids.ids[n++] = op->u.ids.ids[i];
		sqlite3_reset(s);
		if (code != SQLITE_ROW && code != SQLITE_DONE)
			return db_error(db, code);
	}
	op->u.ids.n = n;
	return OK;
}

void db_read(struct db *db, struct store_op *op)
{
	switch (op->verb) {
	case STORE_CLAIM:
		op->err = claim(db, op);
		break;
	case STORE_LOAD:
		op->err = load(db, op);
		break;
	case STORE_LIST:
		op->err = list(db, op);
		break;
	case STORE_ROWS:
		op->err = read_rows(db, op);
		break;
	case STORE_FAILED:
		op->err = db_read_failed(db, op);
		break;
	case STORE_DONE:
		op->err = read_done(db, op);
		break;
	case STORE_FILES:
		op->err = read_files(db, op);
		break;
	case STORE_UNKNOWN:
		op->err = read_unknown(db, op);
		break;
	case STORE_SCHEDULE_LOAD:
	case STORE_SCHEDULE_LIST:
	case STORE_CHANGES:
	case STORE_OUTCOMES:
		op->err = db_read_schedule(db, op);
		break;
	case STORE_OUTBOX:
		op->err = db_outbox_read(db, op);
		break;
	default:
		op->err = ERR_INVALID;
	}
}

enum err db_recover(struct db *db, void (*on_job)(struct unfinished_job *job, void *arg), void *arg)
{
	sqlite3_stmt *s = db_statement(db, STATEMENT_UNFINISHED);
	int code;

	while ((code = sqlite3_step(s)) == SQLITE_ROW) {
		struct unfinished_job u;
		db_read_job(s, &u.job);
		u.low_seq = (uint64_t)sqlite3_column_int64(s, JOB_N_COLUMNS);
		u.n_aliases = (uint64_t)sqlite3_column_int64(s, JOB_N_COLUMNS + 1);
		/* no chunk left: UINT32_MAX, behind the last */
		u.next_chunk = sqlite3_column_type(s, JOB_N_COLUMNS + 2) == SQLITE_NULL
				   ? UINT32_MAX
				   : (uint32_t)sqlite3_column_int64(s, JOB_N_COLUMNS + 2);
		on_job(&u, arg);
	}
	sqlite3_reset(s);
	return code == SQLITE_DONE ? OK : db_error(db, code);
}

uint64_t db_count(struct db *db, enum job_state state)
{
	sqlite3_stmt *s = db_statement(db, STATEMENT_COUNT_STATE);
	uint64_t n = 0;

	sqlite3_bind_int(s, 1, (int)state);
	if (sqlite3_step(s) == SQLITE_ROW)
		n = (uint64_t)sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return n;
}
