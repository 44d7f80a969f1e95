/* What the files of the SQLite backend share. Inside the store. */
#pragma once

#include <sqlite3.h>

#include "store/sqlite.h"

/* Values of job.state that no user sees, beside enum job_state. */
enum { ROW_STAGED = 16 };

/* Values of job.garbage: nothing; input that is not needed any more; the whole job. */
enum { GARBAGE_NONE, GARBAGE_INPUT, GARBAGE_ALL };

enum statement {
#define STATEMENT(id, sql) STATEMENT_##id,
#include "store/sqlite_statements.def"
#undef STATEMENT
	N_STATEMENTS
};

struct db {
	sqlite3 *handle;
	char *path;                             /* owned */
	sqlite3_stmt *statements[N_STATEMENTS]; /* prepared when first used */
	int wal_pages;
	char why[160];
};

/* Return the statement, reset and unbound, or NULL when it can't be prepared. */
sqlite3_stmt *db_statement(struct db *db, enum statement id);

/* Run a statement that returns no rows. */
enum err db_run(struct db *db, sqlite3_stmt *statement);

/* The error that the last SQLite call on this connection stands for. */
enum err db_error(struct db *db, int code);

/* Make or migrate the tables. */
enum err schema_apply(struct db *db);

/* Bind an id, or null for none; borrowed until the statement is done. */
void db_bind_id(sqlite3_stmt *s, int place, const struct id *id);

enum { JOB_N_COLUMNS = 28 };

/* Read the JOB_N_COLUMNS columns that STATEMENT_*_JOB* select first. */
void db_read_job(sqlite3_stmt *s, struct job *ret_job);

/* The verbs of sqlite_life.c: PAUSE, the chunks to keep of a PUT, and FAILED. */
enum err db_pause(struct db *db, const struct store_op *op) MUST_CHECK;
enum err db_keep_chunks(struct db *db, const struct store_op *op) MUST_CHECK;
enum err db_read_failed(struct db *db, struct store_op *op) MUST_CHECK;

/* Read result `seq` of a job; what it borrows lives until STATEMENT_SELECT_BLOCK is used again,
 * which the caller sees to soon: a read left open keeps the log from starting anew. ERR_NOT_FOUND.
 */
enum err db_load_result(struct db *db, int64_t job_no, int64_t seq, struct result *ret_result)
    MUST_CHECK;
