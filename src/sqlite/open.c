/* Connections: opened, closed, and their checkpoints. */
#include "sqlite/database.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "sqlite/schema.h"

enum { BUSY_MSEC = 10000, RESTART_MSEC = 8, CACHE_KIB_WRITER = 8192, CACHE_KIB_READER = 1024 };

static int on_commit(void *arg, sqlite3 *handle, const char *name, int pages)
{
	struct db *db = arg;

	(void)handle, (void)name;
	db->wal_pages = pages;
	return SQLITE_OK;
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

/* Open a connection without checking the schema. */
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

static enum err read_form(struct db *db)
{
	enum { INCREMENTAL = 2 };
	int64_t form = 0;
	enum err e = db_read_pragma(db, "PRAGMA page_size", &db->page_size);

	if (e == OK)
		e = db_read_pragma(db, "PRAGMA auto_vacuum", &form);
	db->can_shrink = form == INCREMENTAL;
	return e;
}

/* Rebuild a file of an older version once, if possible. */
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
