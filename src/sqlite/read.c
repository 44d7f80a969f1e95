/* The read operations. Each is one short transaction, because open readers keep the write-ahead log
 * from being reset. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "sqlite/block.h"
#include "sqlite/progress.h"
#include "sqlite/verbs.h"

/* Mark the aliases among the items of the claimed chunks. */
static enum err mark_aliases(struct db *db, struct store_op *op)
{
	struct stored_chunk *c = op->u.claim.chunks, *last = c + op->u.claim.n - 1;
	sqlite3_stmt *s = QUERY(db, STATEMENT_SELECT_SKIP, op->job_no, c->chunk.first,
	    (int64_t)last->chunk.first + last->chunk.n - 1);
	int code;

	while ((code = sqlite3_step(s)) == SQLITE_ROW) { /* ascending, as the chunks */
		uint32_t index = (uint32_t)sqlite3_column_int64(s, 0);
		while (
		    c < last && index - c->chunk.first >= c->chunk.n && index >= c[1].chunk.first)
			c++;
		if (index - c->chunk.first < c->chunk.n)
			chunk_mask_add(&c->done, index - c->chunk.first);
	}
	sqlite3_reset(s);
	return code == SQLITE_DONE ? OK : db_error(db, code);
}

enum err db_claim(struct db *db, struct store_op *op)
{
	enum statement id =
	    op->u.claim.with_kept ? STATEMENT_SELECT_ALL_CHUNKS : STATEMENT_SELECT_CHUNKS;
	sqlite3_stmt *s = QUERY(db, id, op->job_no, op->u.claim.from, op->u.claim.max);
	bool is_good = true;
	int code = SQLITE_DONE;

	op->u.claim.chunks = xcalloc(op->u.claim.max, sizeof(*op->u.claim.chunks));
	while (is_good && (code = sqlite3_step(s)) == SQLITE_ROW)
		is_good = db_read_chunk(s, &op->u.claim.chunks[op->u.claim.n++]);
	sqlite3_reset(s);
	if (!is_good) {
		struct stored_chunk *bad = &op->u.claim.chunks[--op->u.claim.n];
		op->damage = (struct store_damage){.what = DAMAGED_INPUT, .first = bad->no};
		chunk_done(&bad->chunk);
		return ERR_DAMAGED;
	}
	if (code != SQLITE_DONE)
		return db_error(db, code);
	enum err e = OK;
	for (size_t i = 0; e == OK && op->u.claim.schedule_no != 0 && i < op->u.claim.n; i++)
		e = db_add_copies(db, op->u.claim.schedule_no, &op->u.claim.chunks[i].chunk);
	return e == OK && op->u.claim.has_aliases && op->u.claim.n > 0 ? mark_aliases(db, op) : e;
}

enum err db_load(struct db *db, struct store_op *op)
{
	sqlite3_stmt *s = db_statement(db, STATEMENT_SELECT_JOB_BY_ID);

	sqlite3_bind_blob(s, 1, op->u.job.id.bytes, sizeof(op->u.job.id.bytes), SQLITE_STATIC);
	enum err e = db_find_job(db, s, &op->u.job);
	if (e == ERR_DAMAGED)
		op->damage = (struct store_damage){.what = DAMAGED_JOB, .id = op->u.job.id};
	return e;
}

static enum statement choose_list(const struct job_filter *f)
{
	return !id_is_none(&f->schedule_id)    ? STATEMENT_LIST_JOBS_OF_SCHEDULE
	       : f->label != NULL              ? STATEMENT_LIST_JOBS_WITH_LABEL
	       : f->has_paused && f->is_paused ? STATEMENT_LIST_JOBS_PAUSED
	       : f->has_state                  ? STATEMENT_LIST_JOBS_IN_STATE
					       : STATEMENT_LIST_JOBS;
}

/* Add a job to the page. One that is damaged ends the page before it; as the first it is what the
 * page is about, so that the next page can go on behind it. */
static enum err list_job(struct store_op *op, sqlite3_stmt *s)
{
	struct job *job = &op->u.list.jobs[op->u.list.n];

	if (db_read_job(s, job) == OK) {
		op->u.list.n++;
		return OK;
	}
	op->damage = (struct store_damage){.what = DAMAGED_JOB, .id = job->id};
	return ERR_DAMAGED;
}

enum err db_list(struct db *db, struct store_op *op)
{
	const struct job_filter *f = &op->u.list.filter;
	sqlite3_stmt *s = db_statement(db, choose_list(f));
	int code;

	sqlite3_bind_blob(
	    s, 1, op->u.list.before.bytes, sizeof(op->u.list.before.bytes), SQLITE_STATIC);
	BIND(s, 2, (int64_t)op->u.list.limit + 1, f->has_state ? (int)f->state : -1,
	    f->has_kind ? (int)f->kind : -1);
	sqlite3_bind_text(s, 5, f->label, -1, SQLITE_STATIC); /* NULL binds null */
	db_bind_id(s, 6, &f->schedule_id);
	BIND(s, 7, f->has_paused ? (int)f->is_paused : -1, f->created_before);
	op->u.list.jobs = xcalloc(op->u.list.limit, sizeof(*op->u.list.jobs));
	enum err e = OK;
	while ((code = sqlite3_step(s)) == SQLITE_ROW && op->u.list.n < op->u.list.limit && e == OK)
		e = list_job(op, s);
	op->u.list.is_more = code == SQLITE_ROW || e != OK;
	sqlite3_reset(s);
	if (e != OK)
		return op->u.list.n > 0 ? OK : e;
	return code == SQLITE_ROW || code == SQLITE_DONE ? OK : db_error(db, code);
}

/* The saved file of the name is the one result of a walk. */
struct one_file {
	struct results_walk walk;
	struct db *db;
	int64_t job_no;
	enum err err;
};

static bool next_file(struct results_walk *walk, struct result *ret_result)
{
	struct one_file *file = (struct one_file *)walk;

	file->err = db_load_result(file->db, file->job_no, (int64_t)walk->seq, ret_result);
	if (file->err == OK && (!ret_result->is_file || !ret_result->file.is_saved))
		file->err = ERR_DAMAGED; /* another result than the file's */
	ret_result->seq = walk->seq++;
	return file->err == OK;
}

static enum err find_file(struct db *db, struct store_op *op)
{
	struct one_file file = {.walk.next = next_file, .db = db, .job_no = op->job_no};
	sqlite3_stmt *s = QUERY(db, STATEMENT_FIND_FILE, op->job_no);
	int64_t seq = 0;

	sqlite3_bind_text(s, 2, op->u.files.name, -1, SQLITE_STATIC);
	enum err e = db_read_number(db, s, &seq);
	if (e != OK)
		return e;
	file.walk.seq = (uint64_t)seq;
	op->u.files.max = 1;
	(void)results_begin(op);
	results_fill(op, &file.walk);
	if (file.err == ERR_DAMAGED)
		op->damage = (struct store_damage){
		    .what = DAMAGED_RESULTS, .first = (uint64_t)seq, .last = (uint64_t)seq};
	(void)db_statement(db, STATEMENT_SELECT_BLOCK);
	return file.err;
}

enum err db_read_results(struct db *db, struct store_op *op)
{
	struct walk w;
	enum err e = db_walk_begin(&w, db, op->job_no, results_begin(op));

	if (e != OK)
		return e;
	results_fill(op, &w.base);
	return db_walk_end(&w, op);
}

/* Say whether the job still has the file: a schedule may keep the last one alone. */
static bool is_kept(struct db *db, int64_t job_no, const char *name)
{
	sqlite3_stmt *s = QUERY(db, STATEMENT_FIND_FILE, job_no);
	int64_t seq = 0;

	sqlite3_bind_text(s, 2, name, -1, SQLITE_STATIC);
	return db_read_number(db, s, &seq) != ERR_NOT_FOUND;
}

static void drop_stale(struct db *db, struct store_op *op)
{
	struct files_page *page = &op->u.files;
	uint32_t n = 0;

	for (uint32_t i = 0; i < page->n; i++) {
		struct stored_file *file = &page->files[i];
		if (is_kept(db, op->job_no, file->name)) {
			page->files[n++] = *file;
			continue;
		}
		stored_file_done(file);
	}
	page->n = n;
}

enum err db_read_files(struct db *db, struct store_op *op)
{
	if (op->u.files.name != NULL)
		return find_file(db, op);
	enum err e = db_read_results(db, op);
	if (e == OK)
		drop_stale(db, op);
	return e;
}

/* Jobs that were removed, and whose files may be there still. */
static enum err read_removals(struct db *db, struct store_op *op)
{
	sqlite3_stmt *s = db_statement(db, STATEMENT_SELECT_REMOVALS);
	size_t room = 0;
	int code;

	while ((code = sqlite3_step(s)) == SQLITE_ROW) {
		if (op->u.folders.n_removed == room) {
			room = room > 0 ? room * 2 : 64;
			op->u.folders.removed =
			    xrealloc(op->u.folders.removed, room * sizeof(*op->u.folders.removed));
		}
		db_read_id(s, 0, &op->u.folders.removed[op->u.folders.n_removed++]);
	}
	sqlite3_reset(s);
	return code == SQLITE_DONE ? OK : db_error(db, code);
}

enum err db_read_folders(struct db *db, struct store_op *op)
{
	size_t n = 0;

	for (size_t i = 0; i < op->u.folders.n; i++) {
		sqlite3_stmt *s = db_statement(db, STATEMENT_KNOWS_FILES);
		db_bind_id(s, 1, &op->u.folders.ids[i]);
		enum err e = db_step_one(db, s);
		sqlite3_reset(s);
		if (e == ERR_NOT_FOUND)
			op->u.folders.ids[n++] = op->u.folders.ids[i];
		else if (e != OK)
			return e;
	}
	op->u.folders.n = n;
	return read_removals(db, op);
}

enum err db_recover(struct db *db, void (*on_job)(struct unfinished_job *job, void *arg), void *arg)
{
	sqlite3_stmt *s = db_statement(db, STATEMENT_UNFINISHED);
	int code;

	while ((code = sqlite3_step(s)) == SQLITE_ROW) {
		struct unfinished_job u;
		if (db_read_job(s, &u.job) != OK) { /* the others go on */
			char id[ID_TEXT_SIZE];
			id_format(&u.job.id, id);
			log_error("store_damaged", "what=job job=%s job_no=%lld", id,
			    (long long)u.job.no);
			continue;
		}
		u.n_aliases = (uint64_t)sqlite3_column_int64(s, JOB_N_COLUMNS);
		/* no chunk left: UINT32_MAX, behind the last */
		u.next_chunk = sqlite3_column_type(s, JOB_N_COLUMNS + 1) == SQLITE_NULL
				   ? UINT32_MAX
				   : (uint32_t)sqlite3_column_int64(s, JOB_N_COLUMNS + 1);
		on_job(&u, arg);
	}
	sqlite3_reset(s);
	return code == SQLITE_DONE ? OK : db_error(db, code);
}

enum err db_count(struct db *db, enum job_state state, uint64_t *ret_n)
{
	sqlite3_stmt *s = QUERY(db, STATEMENT_COUNT_STATE, state);
	int64_t n = 0;

	enum err e = db_read_number(db, s, &n);
	*ret_n = (uint64_t)n;
	return e;
}

enum err db_identity(struct db *db, struct id *ret_id)
{
	sqlite3_stmt *s = db_statement(db, STATEMENT_SELECT_IDENTITY);
	enum err e = db_step_one(db, s);

	if (e == OK)
		db_read_id(s, 0, ret_id);
	sqlite3_reset(s);
	return e == ERR_NOT_FOUND ? ERR_DAMAGED : e;
}
