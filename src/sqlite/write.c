/* The verbs that make a job and give it its results. */
#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "sqlite/block.h"
#include "sqlite/progress.h"
#include "sqlite/verbs.h"
#include "wire/record.h"

#define KEY_LIFETIME (24 * 3600 * USEC_PER_SEC)

static enum err insert_chunk(struct db *db, int64_t job_no, const struct stored_chunk *c)
{
	sqlite3_stmt *s =
	    QUERY(db, STATEMENT_INSERT_CHUNK, job_no, c->no, c->chunk.first, c->chunk.n);

	sqlite3_bind_blob64(s, 5, c->chunk.bytes.data, c->chunk.bytes.len, SQLITE_STATIC);
	BIND(s, 6, db_sum(c->chunk.bytes.data, c->chunk.bytes.len, c->chunk.first, c->chunk.n));
	return db_run(db, s);
}

static enum err insert_alias(struct db *db, int64_t job_no, const struct alias *a)
{
	enum err e = RUN(db, STATEMENT_INSERT_ALIAS, job_no, a->index, a->first);
	return e == OK ? RUN(db, STATEMENT_INSERT_LEADER, job_no, a->first) : e;
}

static enum err insert_input(struct db *db, struct store_op *op)
{
	enum err e = OK;

	for (size_t i = 0; e == OK && i < op->u.input.n_chunks; i++)
		e = insert_chunk(db, op->job_no, &op->u.input.chunks[i]);
	for (size_t i = 0; e == OK && i < op->u.input.n_aliases; i++)
		e = insert_alias(db, op->job_no, &op->u.input.aliases[i]);
	return e;
}

enum err db_stage(struct db *db, struct store_op *op)
{
	if (op->job_no == 0) {
		enum err e = RUN(db, STATEMENT_STAGE_JOB, clock_wall());
		if (e != OK)
			return e;
		op->job_no = sqlite3_last_insert_rowid(db->handle);
	}
	return insert_input(db, op);
}

/* Was the key used before? Then *ret_is_known, and the job it made replaces that of the operation.
 */
static enum err find_key(struct db *db, struct store_op *op, bool *ret_is_known)
{
	const struct idempotency *key = &op->u.input.idempotency;
	sqlite3_stmt *s = db_statement(db, STATEMENT_FIND_KEY);

	sqlite3_bind_text(s, 1, key->key, -1, SQLITE_STATIC);
	enum err e = db_step_one(db, s);
	*ret_is_known = e == OK;
	if (e == OK &&
	    (sqlite3_column_bytes(s, 0) != sizeof(key->fingerprint) ||
		memcmp(sqlite3_column_blob(s, 0), key->fingerprint, sizeof(key->fingerprint)) != 0))
		e = ERR_CONFLICT;
	if (e == OK) {
		struct job job;
		e = db_find_job(
		    db, QUERY(db, STATEMENT_SELECT_JOB_BY_NO, sqlite3_column_int64(s, 1)), &job);
		if (e == OK) {
			job_done(&op->u.input.job);
			op->u.input.job = job;
		}
	}
	sqlite3_reset(s);
	return e == ERR_NOT_FOUND && !*ret_is_known ? OK : e;
}

static enum err insert_key(struct db *db, const struct store_op *op)
{
	sqlite3_stmt *s = db_statement(db, STATEMENT_INSERT_KEY);

	sqlite3_bind_text(s, 1, op->u.input.idempotency.key, -1, SQLITE_STATIC);
	sqlite3_bind_blob(s, 2, op->u.input.idempotency.fingerprint, 16, SQLITE_STATIC);
	BIND(s, 3, op->job_no, op->u.input.job.created_at);
	return db_run(db, s);
}

static enum err insert_job(struct db *db, struct store_op *op)
{
	const struct job *job = &op->u.input.job;
	sqlite3_stmt *s = db_statement(db, STATEMENT_INSERT_JOB);
	struct buf asked;

	if (op->job_no != 0)
		BIND(s, 1, op->job_no);
	else
		sqlite3_bind_null(s, 1);
	sqlite3_bind_blob(s, 2, job->id.bytes, sizeof(job->id.bytes), SQLITE_STATIC);
	BIND(s, 3, job->state, job->kind, job->check);
	sqlite3_bind_text(s, 6, job->label, -1, SQLITE_STATIC); /* NULL binds null */
	BIND(s, 7, job->params.concurrency, job->params.rate, job->params.timeout,
	    job->params.attempts, (int64_t)job->total, job->created_at,
	    (int64_t)op->u.input.n_aliases_in_all, job->params.priority, job->run_at,
	    job->deadline);
	sqlite3_bind_text(s, 17, job->callback_url, -1, SQLITE_STATIC);
	BIND(s, 18, job->schedule_no);
	db_bind_id(s, 19, &job->schedule_id);
	db_bind_id(s, 20, &job->retry_of);
	buf_init(&asked, CHECK_SPEC_PACKED + SERVER_SET_PACKED);
	check_spec_pack(&job->params.asked, &asked);
	server_set_pack(&job->params.servers, &asked);
	if (asked.len > 0)
		sqlite3_bind_blob(s, 21, asked.data, (int)asked.len, SQLITE_STATIC);
	else
		sqlite3_bind_null(s, 21);
	enum err e = db_run(db, s);
	buf_done(&asked);
	if (e == OK && op->job_no == 0)
		op->job_no = sqlite3_last_insert_rowid(db->handle);
	return e;
}

enum err db_submit(struct db *db, struct store_op *op)
{
	bool has_key = op->u.input.idempotency.key != NULL, is_known = false;
	enum err e = OK;

	if (has_key)
		e = RUN(db, STATEMENT_EXPIRE_KEYS, op->u.input.job.created_at - KEY_LIFETIME);
	if (e == OK && has_key)
		e = find_key(db, op, &is_known);
	if (e == OK && is_known) {
		op->u.input.is_replay = true;
		return op->job_no != 0 ? RUN(db, STATEMENT_SET_GARBAGE, op->job_no, GARBAGE_ALL)
				       : OK;
	}
	if (e == OK)
		e = insert_job(db, op);
	if (e == OK)
		e = insert_input(db, op);
	if (e == OK && has_key)
		e = insert_key(db, op);
	if (e == OK && op->u.input.is_run)
		e = db_serve_schedule(db, op);
	op->u.input.job.no = op->job_no;
	return e;
}

static enum err insert_block(
    struct db *db, int64_t job_no, uint64_t seq, uint64_t n, struct span records)
{
	sqlite3_stmt *s = QUERY(db, STATEMENT_INSERT_RESULT, job_no, (int64_t)seq, (int64_t)n);

	sqlite3_bind_blob64(s, 4, records.bytes, records.len, SQLITE_STATIC);
	BIND(s, 5, db_sum(records.bytes, records.len, seq, n));
	return db_run(db, s);
}

/* Insert records in rows of about BLOCK_BYTES each: a page of rows reads whole blocks. */
static enum err insert_blocks(
    struct db *db, int64_t job_no, uint64_t seq, uint32_t n, const struct buf *block)
{
	enum { BLOCK_BYTES = 256 * 1024 };
	size_t start = 0, offset = 0;
	uint64_t n_done = 0, at = 0;
	struct result r;
	enum err e = OK;

	while (e == OK && block->len - start > BLOCK_BYTES &&
	       record_next(block->data, block->len, &offset, &r)) {
		at++;
		if (offset - start < BLOCK_BYTES || at == n)
			continue;
		e = insert_block(db, job_no, seq + n_done, at - n_done,
		    (struct span){block->data + start, offset - start});
		start = offset;
		n_done = at;
	}
	return e == OK ? insert_block(db, job_no, seq + n_done, n - n_done,
			     (struct span){block->data + start, block->len - start})
		       : e;
}

/* Note where the results of first items are, for those that are no first item this changes nothing.
 */
static enum err note_leaders(struct db *db, int64_t job_no, uint64_t seq, const struct buf *block)
{
	struct result r;
	size_t offset = 0;
	enum err e = OK;

	for (; e == OK && record_next(block->data, block->len, &offset, &r); seq++)
		e = RUN(db, STATEMENT_UPDATE_LEADER, job_no, r.index, (int64_t)seq);
	return e;
}

/* Note under which names files were saved. */
static enum err note_files(struct db *db, int64_t job_no, uint64_t seq, const struct buf *block)
{
	struct result r;
	size_t offset = 0;
	enum err e = OK;

	for (; e == OK && record_next(block->data, block->len, &offset, &r); seq++) {
		if (!r.is_file || !r.file.is_saved)
			continue;
		sqlite3_stmt *s = QUERY(db, STATEMENT_INSERT_FILE, job_no);
		sqlite3_bind_text(
		    s, 2, r.file.file_name.bytes, (int)r.file.file_name.len, SQLITE_STATIC);
		BIND(s, 3, (int64_t)seq);
		e = db_run(db, s);
	}
	return e;
}

/* Store a block of results and what is noted of them; the first has the number `seq`. */
static enum err put_block(struct db *db, const struct store_op *op, uint64_t seq)
{
	const struct buf *block = &op->u.put.block;
	enum err e = insert_blocks(db, op->job_no, seq, op->u.put.n, block);

	if (e == OK && op->u.put.has_aliases)
		e = note_leaders(db, op->job_no, seq, block);
	if (e == OK && op->u.put.has_files)
		e = note_files(db, op->job_no, seq, block);
	return e;
}

/* Count the results, and say how the job is now. */
static enum err put_progress(struct db *db, struct store_op *op)
{
	sqlite3_stmt *s = QUERY(db, STATEMENT_UPDATE_JOB, op->job_no, op->u.put.n);

	for (int i = 0; i < ITEM_N_STATUSES; i++)
		sqlite3_bind_int64(s, 3 + i, (int64_t)op->u.put.counts[i]);
	int next = 3 + ITEM_N_STATUSES;
	BIND(s, next, op->u.put.state, op->u.put.started_at, op->u.put.finished_at,
	    op->u.put.reason);
	return db_update_totals(db, s, &op->u.put.totals);
}

enum err db_put(struct db *db, struct store_op *op)
{
	enum err e = put_progress(db, op);

	if (e == OK && op->u.put.n > 0)
		e = put_block(db, op, op->u.put.totals.completed - op->u.put.n + 1);
	for (size_t i = 0; e == OK && i < op->u.put.n_progress; i++)
		e = db_put_progress(db, op, &op->u.put.progress[i]);
	if (e == OK && op->u.put.changes.schedule_no != 0)
		e = db_note_outcomes(db, op);
	if (e == OK && store_op_leaves_garbage(op))
		e = RUN(db, STATEMENT_SET_INPUT_GARBAGE, op->job_no);
	if (e == OK && job_state_is_ended(op->u.put.state))
		e = db_tell_end(db, op);
	return e;
}

static enum err copy_some(struct db *db, struct store_op *op, struct buf *block, int64_t *ret_last)
{
	enum { COPY_BYTES = 1 << 20 }; /* in one go, about */
	sqlite3_stmt *s = QUERY(db, STATEMENT_SELECT_ALIASES, op->job_no, op->u.copy.max);
	struct result r;
	int code = SQLITE_ROW;
	enum err e = OK;

	while (e == OK && block->len < COPY_BYTES && (code = sqlite3_step(s)) == SQLITE_ROW) {
		int64_t seq = sqlite3_column_int64(s, 1);
		e = db_load_result(db, op->job_no, seq, &r);
		if (e == ERR_DAMAGED)
			op->damage = (struct store_damage){
			    .what = DAMAGED_RESULTS, .first = (uint64_t)seq, .last = (uint64_t)seq};
		if (e != OK)
			break;
		r.index = (uint32_t)sqlite3_column_int64(s, 0);
		r.finished_at = clock_wall();
		record_add(block, &r);
		op->u.copy.counts[r.status]++;
		op->u.copy.n++;
		*ret_last = r.index;
	}
	if (e == OK && code != SQLITE_DONE && code != SQLITE_ROW)
		e = db_error(db, code);
	sqlite3_reset(s);
	/* db_load_result's too: a read left open would keep the log from starting anew */
	(void)db_statement(db, STATEMENT_SELECT_BLOCK);
	return e;
}

enum err db_copy_results(struct db *db, struct store_op *op)
{
	struct buf block;
	int64_t last = -1;

	op->u.copy.n = 0;
	memset(op->u.copy.counts, 0, sizeof(op->u.copy.counts));
	buf_init(&block, SIZE_MAX / 2);
	enum err e = copy_some(db, op, &block, &last);
	if (e == OK && op->u.copy.n > 0) {
		sqlite3_stmt *s = QUERY(db, STATEMENT_UPDATE_COPIED, op->job_no, op->u.copy.n);
		for (int i = 0; i < ITEM_N_STATUSES; i++)
			sqlite3_bind_int64(s, 3 + i, (int64_t)op->u.copy.counts[i]);
		e = db_update_totals(db, s, &op->u.copy.totals);
		if (e == OK)
			e = insert_blocks(db, op->job_no,
			    op->u.copy.totals.completed - op->u.copy.n + 1, op->u.copy.n, &block);
		if (e == OK)
			e = RUN(db, STATEMENT_DELETE_ALIASES, op->job_no, last);
	}
	buf_done(&block);
	return e;
}
