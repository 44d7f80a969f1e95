/* Access to the database: statements, their results, and what SQLite's result codes mean to us. */
#include <stdio.h>

#include "sqlite/db.h"

static const char *const statement_texts[N_STATEMENTS] = {
#define STATEMENT(id, sql) sql,
#include "sqlite/statements.def"
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
	case SQLITE_NOTADB: /* damage is fatal for writes, but not for reads */
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

void db_bind(sqlite3_stmt *s, int first, const int64_t *numbers, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sqlite3_bind_int64(s, first + (int)i, numbers[i]);
}

sqlite3_stmt *db_query(struct db *db, enum statement id, const int64_t *numbers, size_t n)
{
	sqlite3_stmt *s = db_statement(db, id);

	db_bind(s, 1, numbers, n);
	return s;
}

enum err db_step_one(struct db *db, sqlite3_stmt *s)
{
	int code = sqlite3_step(s);

	return code == SQLITE_ROW ? OK : code == SQLITE_DONE ? ERR_NOT_FOUND : db_error(db, code);
}

enum err db_read_number(struct db *db, sqlite3_stmt *s, int64_t *ret_number)
{
	enum err e = db_step_one(db, s);

	if (e == OK)
		*ret_number = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return e;
}

enum err db_read_pragma(struct db *db, const char *sql, int64_t *ret_number)
{
	sqlite3_stmt *s = NULL;
	int code = sqlite3_prepare_v2(db->handle, sql, -1, &s, NULL);
	enum err e = code == SQLITE_OK ? db_read_number(db, s, ret_number) : db_error(db, code);

	sqlite3_finalize(s);
	return e;
}

enum err db_update_returning(struct db *db, sqlite3_stmt *s, uint64_t *ret_numbers, int n_numbers)
{
	int code = SQLITE_DONE;
	enum err e = db_step_one(db, s);

	if (e == OK) {
		for (int i = 0; i < n_numbers; i++)
			ret_numbers[i] = (uint64_t)sqlite3_column_int64(s, i);
		code = sqlite3_step(s); /* the change is complete after the last row only */
	}
	sqlite3_reset(s);
	return e == OK && code != SQLITE_DONE ? db_error(db, code) : e;
}

enum err db_end(struct db *db, enum err e)
{
	if (e == OK)
		e = db_run(db, db_statement(db, STATEMENT_COMMIT));
	if (e != OK)
		sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
	return e;
}

int db_wal_pages(const struct db *db)
{
	return db->wal_pages;
}

bool db_can_shrink(const struct db *db)
{
	return db->can_shrink;
}

enum err db_measure(struct db *db, struct store_size *ret_size)
{
	int64_t n_pages = 0, n_free = 0;
	enum err e = db_read_number(db, db_statement(db, STATEMENT_PAGE_COUNT), &n_pages);

	if (e == OK)
		e = db_read_number(db, db_statement(db, STATEMENT_FREE_COUNT), &n_free);
	if (e == OK)
		*ret_size =
		    (struct store_size){.used = (uint64_t)((n_pages - n_free) * db->page_size),
			.free = (uint64_t)(n_free * db->page_size),
			.log = (uint64_t)(db->wal_pages * db->page_size)};
	return e;
}
