/* A connection, what is done with it at the lowest level, and values in rows. Inside the SQLite
 * backend. */
#pragma once

#include <sqlite3.h>

#include "sqlite/database.h"

/* Internal values of job.state, in addition to enum job_state. */
enum { ROW_STAGED = 16 };

/* Values of job.garbage: nothing; input that is not needed any more; the whole job. */
enum { GARBAGE_NONE, GARBAGE_INPUT, GARBAGE_ALL };

enum statement {
#define STATEMENT(id, sql) STATEMENT_##id,
#include "sqlite/statements.def"
#undef STATEMENT
	N_STATEMENTS
};

struct db {
	sqlite3 *handle;
	char *path;                             /* owned */
	sqlite3_stmt *statements[N_STATEMENTS]; /* prepared when first used */
	int wal_pages;
	int64_t page_size;
	bool is_writer;
	bool can_shrink; /* free pages can be given back: auto_vacuum is INCREMENTAL */
	char why[160];
};

/* --- access.c: used by all other files --- */

/* Return the statement, reset and unbound, or NULL when it can't be prepared. */
sqlite3_stmt *db_statement(struct db *db, enum statement id);

/* Run a statement that returns no rows. */
enum err db_run(struct db *db, sqlite3_stmt *statement);

/* The error code for the last SQLite call on this connection. */
enum err db_error(struct db *db, int code);

/* Bind whole numbers to the parameters from the `first` on. */
void db_bind(sqlite3_stmt *s, int first, const int64_t *numbers, size_t n);
#define NUMBERS(...)                                                                               \
	(const int64_t[]){__VA_ARGS__}, sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)
#define BIND(s, first, ...) db_bind(s, first, NUMBERS(__VA_ARGS__))

/* A statement whose first parameters are whole numbers, bound; and run, when it returns no rows. */
sqlite3_stmt *db_query(struct db *db, enum statement id, const int64_t *numbers, size_t n);
#define QUERY(db, id, ...) db_query(db, id, NUMBERS(__VA_ARGS__))
#define RUN(db, id, ...)   db_run(db, QUERY(db, id, __VA_ARGS__))

/* Step to the one row of a statement, which stays open. ERR_NOT_FOUND: there is none. */
enum err db_step_one(struct db *db, sqlite3_stmt *s);

/* The number that a statement yields, as db_step_one; it is done then. */
enum err db_read_number(struct db *db, sqlite3_stmt *s, int64_t *ret_number);

/* The number that a pragma yields; such statements are not kept. */
enum err db_read_pragma(struct db *db, const char *sql, int64_t *ret_number) MUST_CHECK;

/* Run a statement that updates one row and returns numbers of it. ERR_NOT_FOUND: there is none. */
enum err db_update_returning(struct db *db, sqlite3_stmt *s, uint64_t *ret_numbers, int n_numbers)
    MUST_CHECK;

/* Finish the transaction: keep it all, or nothing of it when `e` is not OK. */
enum err db_end(struct db *db, enum err e);

/* copy.c: rebuild the file so that it can shrink; the connection must be closed and reopened
 * afterwards. False if that was not possible: nothing has changed. */
bool db_remake(struct db *db);

/* --- rows.c --- */

/* An id, or null for none: bound, it is borrowed until the statement is done. */
void db_bind_id(sqlite3_stmt *s, int place, const struct id *id);
void db_read_id(sqlite3_stmt *s, int column, struct id *ret_id);

enum { JOB_N_COLUMNS = 34 };

/* Read the JOB_N_COLUMNS columns that STATEMENT_*_JOB* select first. ERR_DAMAGED: no version of
 * this program has written such a row; *ret_job has its no and its id then, and owns nothing. */
enum err db_read_job(sqlite3_stmt *s, struct job *ret_job) MUST_CHECK;

/* The same of the one row that a statement selects, which is done then. ERR_NOT_FOUND: *ret_job is
 * as it was. */
enum err db_find_job(struct db *db, sqlite3_stmt *s, struct job *ret_job) MUST_CHECK;

/* The same of a statement on a job that returns its totals. */
enum err db_update_totals(struct db *db, sqlite3_stmt *s, struct job_totals *ret_totals) MUST_CHECK;

/* How a job ended, as its row says; failed when that can't be. */
enum job_state db_ended_state(int64_t state);

/* Read a status, a reason and a value, that are the columns from `column` on. False: no version of
 * this program has written such ones; they read as an internal error. */
bool db_read_finding(sqlite3_stmt *s, int column, struct finding *ret_finding);
