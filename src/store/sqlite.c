/* Connections and statements; what SQLite's result codes mean to us. */
#include "store/sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "store/sqlite_db.h"

enum { BUSY_MSEC = 10000, RESTART_MSEC = 8, CACHE_KIB_WRITER = 8192, CACHE_KIB_READER = 1024 };

static const char *const statement_texts[N_STATEMENTS] = {
#define STATEMENT(id, sql) sql,
#include "store/sqlite_statements.def"
#undef STATEMENT
};

enum err db_error(struct db *db, int code)
{
	int extended = sqlite3_extended_errcode(db->handle);

	snprintf(db->why, sizeof(db->why), "%s", sqlite3_errmsg(db->handle));
	if (extended == SQLITE_IOERR_FSYNC || extended == SQLITE_IOERR_DIR_FSYNC)
		return ERR_FATAL;
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return OK;
	case SQLITE_FULL:
		return ERR_FULL;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_CANTOPEN:
		return ERR_READ_ONLY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB: /* what is written may lie on damage; what is read is just not there */
		return db->is_writer ? ERR_FATAL : ERR_DAMAGED;
	case SQLITE_CONSTRAINT:
		return ERR_CONFLICT;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_BUSY;
	default:
		return ERR_IO;
	}
}

const char *db_path(const struct db *db)
{
	return db->path;
}

const char *db_why(const struct db *db)
{
	return db->why;
}

sqlite3_stmt *db_statement(struct db *db, enum statement id)
{
	sqlite3_stmt **s = &db->statements[id];

	if (*s == NULL)
		sqlite3_prepare_v3(
		    db->handle, statement_texts[id], -1, SQLITE_PREPARE_PERSISTENT, s, NULL);
	else
		sqlite3_reset(*s);
	return *s;
}

enum err db_run(struct db *db, sqlite3_stmt *statement)
{
	if (statement == NULL)
		return db_error(db, sqlite3_errcode(db->handle));
	int code = sqlite3_step(statement);
	enum err e = code == SQLITE_DONE || code == SQLITE_ROW ? OK : db_error(db, code);
	sqlite3_reset(statement);
	return e;
}

static int on_commit(void *arg, sqlite3 *handle, const char *name, int pages)
{
	struct db *db = arg;

	(void)handle, (void)name;
	db->wal_pages = pages;
	return SQLITE_OK;
}

int db_wal_pages(const struct db *db)
{
	return db->wal_pages;
}

static enum err configure(struct db *db, bool is_writer)
{
	char text[512];

	/* auto_vacuum: for a file that is made now. FULL: the log is synced at each commit. No
	 * checkpoint inside a commit: db_checkpoint does it beside. FAST: what is deleted is not
	 * overwritten where that alone would write the page. */
	snprintf(text, sizeof(text),
	    "%sPRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;"
	    "PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY; PRAGMA "
	    "trusted_schema = OFF; PRAGMA secure_delete = FAST;"
	    "PRAGMA cache_size = -%d; PRAGMA query_only = %d",
	    is_writer ? "PRAGMA auto_vacuum = INCREMENTAL;" : "",
	    is_writer ? CACHE_KIB_WRITER : CACHE_KIB_READER, is_writer ? 0 : 1);
	sqlite3_busy_timeout(db->handle, BUSY_MSEC);
	int code = sqlite3_exec(db->handle, text, NULL, NULL, NULL);
	if (code != SQLITE_OK)
		return db_error(db, code);
	sqlite3_wal_hook(db->handle, on_commit, db);
	return OK;
}

/* Open a connection as it is, whatever the tables. */
static enum err connect_to(const char *path, bool is_writer, struct db **ret_db)
{
	struct db *db = xcalloc(1, sizeof(*db));
	int flags =
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (is_writer ? SQLITE_OPEN_CREATE : 0);
	int code = sqlite3_open_v2(path, &db->handle, flags, NULL);

	db->path = xstrdup(path);
	db->is_writer = is_writer;
	enum err e = code == SQLITE_OK ? OK : db_error(db, code);
	*ret_db = db;
	if (e == OK)
		sqlite3_extended_result_codes(db->handle, 1);
	return e == OK ? configure(db, is_writer) : e;
}

static enum err read_pragma(struct db *db, const char *sql, int64_t *ret_n)
{
	sqlite3_stmt *s = NULL;
	int code = sqlite3_prepare_v2(db->handle, sql, -1, &s, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(s);
	if (code == SQLITE_ROW)
		*ret_n = sqlite3_column_int64(s, 0);
	enum err e = code == SQLITE_ROW ? OK : db_error(db, code);
	sqlite3_finalize(s);
	return e;
}

static enum err read_form(struct db *db)
{
	enum { INCREMENTAL = 2 };
	int64_t form = 0;
	enum err e = read_pragma(db, "PRAGMA page_size", &db->page_size);

	if (e == OK)
		e = read_pragma(db, "PRAGMA auto_vacuum", &form);
	db->can_shrink = form == INCREMENTAL;
	return e;
}

/* A file of an older version is made anew once, if that can be. */
static enum err prepare(struct db **db)
{
	enum err e = schema_apply(*db);

	if (e == OK)
		e = read_form(*db);
	if (e == OK && !(*db)->can_shrink) {
		AUTO_FREE char *path = xstrdup((*db)->path);
		(void)db_remake(*db);
		db_close(*db);
		e = connect_to(path, true, db);
		if (e == OK)
			e = read_form(*db);
	}
	if (e == OK)
		e = db_run(*db, db_statement(*db, STATEMENT_FORGET_STAGED));
	return e;
}

enum err db_open(const char *path, bool is_writer, struct db **ret_db, char **ret_why)
{
	struct db *db;
	enum err e = connect_to(path, is_writer, &db);

	if (e == OK)
		e = is_writer ? prepare(&db) : read_form(db);
	if (e != OK) {
		*ret_why = xstrdup(db->why);
		db_close(db);
		return e;
	}
	*ret_db = db;
	return OK;
}

void db_close(struct db *db)
{
	if (db == NULL)
		return;
	for (int i = 0; i < N_STATEMENTS; i++)
		sqlite3_finalize(db->statements[i]);
	sqlite3_close(db->handle);
	free(db->path);
	free(db);
}

enum err db_checkpoint(struct db *db, bool wants_room)
{
	int last = wants_room ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_RESTART;
	int code = SQLITE_OK;

	/* The bulk is copied beside running commits, and so is most of what came meanwhile. The
	 * rest is copied while commits wait, and so would they while we wait for reads: hence a
	 * short time-out. */
	for (int i = 0; i < 2 && code == SQLITE_OK; i++)
		code = sqlite3_wal_checkpoint_v2(
		    db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	sqlite3_busy_timeout(db->handle, RESTART_MSEC);
	if (code == SQLITE_OK)
		code = sqlite3_wal_checkpoint_v2(db->handle, NULL, last, NULL, NULL);
	sqlite3_busy_timeout(db->handle, BUSY_MSEC);
	return code == SQLITE_OK ? OK : db_error(db, code);
}

void db_bind_id(sqlite3_stmt *s, int place, const struct id *id)
{
	if (id_is_none(id))
		sqlite3_bind_null(s, place);
	else
		sqlite3_bind_blob(s, place, id->bytes, sizeof(id->bytes), SQLITE_STATIC);
}

void db_read_id(sqlite3_stmt *s, int column, struct id *ret_id)
{
	const void *bytes = sqlite3_column_blob(s, column);

	*ret_id = (struct id){0};
	if (bytes != NULL && sqlite3_column_bytes(s, column) == sizeof(ret_id->bytes))
		memcpy(ret_id->bytes, bytes, sizeof(ret_id->bytes));
}

enum job_state db_ended_state(int64_t state)
{
	return state >= 0 && state < JOB_N_STATES ? (enum job_state)state : JOB_FAILED;
}

static bool is_good(const struct job *job)
{
	uint64_t n = 0;

	for (int i = 0; i < ITEM_N_STATUSES; i++)
		n += job->counts[i];
	return (unsigned)job->state < JOB_N_STATES && (unsigned)job->kind < N_KINDS &&
	       (unsigned)job->check < N_CHECKS && (unsigned)job->reason < JOB_N_REASONS &&
	       !id_is_none(&job->id) && n == job->completed && n <= job->total;
}

enum err db_read_job(sqlite3_stmt *s, struct job *ret_job)
{
	struct job job = {
	    .no = sqlite3_column_int64(s, 0), .state = (enum job_state)sqlite3_column_int(s, 2)};
	const char *label = (const char *)sqlite3_column_text(s, 5);

	db_read_id(s, 1, &job.id);
	job.kind = (enum job_kind)sqlite3_column_int(s, 3);
	job.check = (enum job_check)sqlite3_column_int(s, 4);
	job.label = label != NULL ? xstrdup(label) : NULL;
	job.params = (struct job_params){.concurrency = (uint32_t)sqlite3_column_int64(s, 6),
	    .rate = (uint32_t)sqlite3_column_int64(s, 7),
	    .timeout = sqlite3_column_int64(s, 8),
	    .attempts = (uint32_t)sqlite3_column_int64(s, 9)};
	job.total = (uint64_t)sqlite3_column_int64(s, 10);
	job.completed = (uint64_t)sqlite3_column_int64(s, 11);
	for (int i = 0; i < ITEM_N_STATUSES; i++)
		job.counts[i] = (uint64_t)sqlite3_column_int64(s, 12 + i);
	int next = 12 + ITEM_N_STATUSES;
	job.created_at = sqlite3_column_int64(s, next);
	job.started_at = sqlite3_column_int64(s, next + 1);
	job.finished_at = sqlite3_column_int64(s, next + 2);
	next += 3;
	job.params.priority = (uint32_t)sqlite3_column_int64(s, next);
	job.is_paused = sqlite3_column_int(s, next + 1) != 0;
	job.reason = (enum job_reason)sqlite3_column_int(s, next + 2);
	job.run_at = sqlite3_column_int64(s, next + 3);
	job.deadline = sqlite3_column_int64(s, next + 4);
	const char *callback = (const char *)sqlite3_column_text(s, next + 5);
	job.callback_url = callback != NULL ? xstrdup(callback) : NULL;
	job.schedule_no = sqlite3_column_int64(s, next + 6);
	db_read_id(s, next + 7, &job.schedule_id);
	db_read_id(s, next + 8, &job.retry_of);
	*ret_job = job;
	if (is_good(&job))
		return OK;
	job_done(&job);
	*ret_job = (struct job){.no = job.no, .id = job.id};
	return ERR_DAMAGED;
}
