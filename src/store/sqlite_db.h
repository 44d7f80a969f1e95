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
	int64_t page_size;
	bool is_writer;
	bool can_shrink; /* free pages can be given back: auto_vacuum is INCREMENTAL */
	char why[160];
};

/* --- sqlite_access.c: what all others stand on --- */

/* Return the statement, reset and unbound, or NULL when it can't be prepared. */
sqlite3_stmt *db_statement(struct db *db, enum statement id);

/* Run a statement that returns no rows. */
enum err db_run(struct db *db, sqlite3_stmt *statement);

/* The error that the last SQLite call on this connection stands for. */
enum err db_error(struct db *db, int code);

/* Run a statement that takes one number, or two. */
enum err db_run1(struct db *db, enum statement id, int64_t a);
enum err db_run2(struct db *db, enum statement id, int64_t a, int64_t b);

/* Step to the one row of a statement, which stays open. ERR_NOT_FOUND: there is none. */
enum err db_step_one(struct db *db, sqlite3_stmt *s);

/* The number that a statement yields, as db_step_one; it is done then. */
enum err db_read_number(struct db *db, sqlite3_stmt *s, int64_t *ret_number);

/* The number that a pragma yields; such statements are not kept. */
enum err db_read_pragma(struct db *db, const char *sql, int64_t *ret_number) MUST_CHECK;

/* The same of a statement that updates a job and returns a number of its row: how many results it
 * has then, or its state. */
enum err db_update_returning(struct db *db, sqlite3_stmt *s, uint64_t *ret_number) MUST_CHECK;

/* Finish the transaction: keep it all, or nothing of it when `e` is not OK. */
enum err db_end(struct db *db, enum err e);

/* The verbs, which are in store/verbs.def. They return the error of the operation, or of the
 * database. */
#define VERB(id, mode, on_failure, garbage, run, parts)                                            \
	enum err db_##run(struct db *db, struct store_op *op) MUST_CHECK;
#include "store/verbs.def"
#undef VERB

/* sqlite_copy.c: make the file anew, in the form that can shrink; the connection is to be closed
 * then and opened again. False when that could not be: all is as before. */
bool db_remake(struct db *db);

/* Make or migrate the tables. */
enum err schema_apply(struct db *db);

/* --- sqlite_rows.c --- */

/* An id, or null for none: bound, it is borrowed until the statement is done. */
void db_bind_id(sqlite3_stmt *s, int place, const struct id *id);
void db_read_id(sqlite3_stmt *s, int column, struct id *ret_id);

enum { JOB_N_COLUMNS = 28 };

/* Read the JOB_N_COLUMNS columns that STATEMENT_*_JOB* select first. ERR_DAMAGED: no version of
 * this program has written such a row; *ret_job has its no and its id then, and owns nothing. */
enum err db_read_job(sqlite3_stmt *s, struct job *ret_job) MUST_CHECK;

/* How a job ended, as its row says; failed when that can't be. */
enum job_state db_ended_state(int64_t state);

/* Read a status, a reason and a value, that are the columns from `column` on. False: no version of
 * this program has written such ones; they read as an internal error. */
bool db_read_finding(sqlite3_stmt *s, int column, struct finding *ret_finding);

/* sqlite_life.c: the chunks to keep of a PUT. */
enum err db_keep_chunks(struct db *db, const struct store_op *op) MUST_CHECK;

/* --- sqlite_schedule.c --- */

/* Note that the job of a STORE_SUBMIT serves its schedule's due time. */
enum err db_serve_schedule(struct db *db, const struct store_op *op) MUST_CHECK;

/* Run a statement that selects a schedule with its job; what `ret_schedule` was is freed.
 * ERR_NOT_FOUND. */
enum err db_read_one_schedule(struct db *db, sqlite3_stmt *s, struct schedule *ret_schedule)
    MUST_CHECK;

/* Read what STATEMENT_SELECT_CHANGES selects; its texts live until the next step. False: it is
 * damaged. */
bool db_read_change(sqlite3_stmt *s, struct change *ret_change);

/* --- sqlite_outcome.c --- */

/* Note the outcomes of a STORE_PUT, and how they differ from those before. */
enum err db_note_outcomes(struct db *db, struct store_op *op) MUST_CHECK;

/* Delete a slice of what forgotten schedules left; *ret_is_more tells whether there is more. */
enum err db_sweep_schedules(struct db *db, bool *ret_is_more) MUST_CHECK;

/* --- The outbox (sqlite_outbox.c) --- */

/* Inside a transaction: add the callback of an event, `{"type":type,"timestamp":at,"data":data}`,
 * due at once. `data` is JSON of `len` bytes; `url` was found good when it was submitted. Once it
 * is committed, callbacks_wake() has it delivered. ERR_TOO_BIG: more than 16 MiB. */
enum err db_outbox_add(struct db *db, const char *url, const char *type, usec_t at,
    const char *data, size_t len) MUST_CHECK;

/* Inside the transaction that ends a job: add `job.ended`, when the job asked for it. */
enum err db_outbox_add_job(struct db *db, int64_t job_no) MUST_CHECK;
