/* The verbs of the store, and parts of them that others have too. Inside the SQLite backend.
 * Thread: the connection's. */
#pragma once

#include "sqlite/db.h"

/* The verbs, which are in store/verbs.def. They return the error of the operation, or of the
 * database. */
#define VERB(id, mode, on_failure, garbage, run, parts)                                            \
	enum err db_##run(struct db *db, struct store_op *op) MUST_CHECK;
#include "store/verbs.def"
#undef VERB

/* --- schedule.c --- */

/* Note that the job of a STORE_SUBMIT serves its schedule's due time. */
enum err db_serve_schedule(struct db *db, const struct store_op *op) MUST_CHECK;

/* Run a statement that selects a schedule with its job; what `ret_schedule` was is freed.
 * ERR_NOT_FOUND. */
enum err db_read_one_schedule(struct db *db, sqlite3_stmt *s, struct schedule *ret_schedule)
    MUST_CHECK;

/* Read what STATEMENT_SELECT_CHANGES selects; its texts live until the next step. False: it is
 * damaged. */
bool db_read_change(sqlite3_stmt *s, struct change *ret_change);

/* Delete some rows of removed schedules; *ret_is_more: there are more. */
enum err db_sweep_schedules(struct db *db, bool *ret_is_more) MUST_CHECK;

/* --- outcome.c --- */

/* Note the outcomes of a STORE_PUT, and how they differ from those before. */
enum err db_note_outcomes(struct db *db, struct store_op *op) MUST_CHECK;

/* --- copies.c --- */

/* Note a result of a schedule's run that is the last copy of its target. */
enum err db_note_copy(struct db *db, struct store_op *op, const struct result *r) MUST_CHECK;

/* Add what is known of the last copies to the items that ask for it. */
enum err db_add_copies(struct db *db, int64_t schedule_no, struct chunk *chunk) MUST_CHECK;

/* --- outbox.c --- */

/* Inside a transaction: add the callback of an event, `{"type":type,"timestamp":at,"data":data}`,
 * due at once. `data` is JSON of `len` bytes; `url` was found good when it was submitted. Once it
 * is committed, callbacks_wake() has it delivered. ERR_TOO_BIG: more than 16 MiB. */
enum err db_outbox_add(struct db *db, const char *url, const char *type, usec_t at,
    const char *data, size_t len) MUST_CHECK;

/* Inside the transaction that ends a job: add `job.ended`, when the job asked for it. */
enum err db_outbox_add_job(struct db *db, int64_t job_no) MUST_CHECK;

/* --- end.c --- */

/* A job has ended: queue its callback. A failure here does not fail the results. */
enum err db_tell_end(struct db *db, struct store_op *op) MUST_CHECK;

/* --- watch.c --- */

/* Put notes in place of those before. */
enum err db_put_notes(struct db *db, const struct stored_note *all, size_t n) MUST_CHECK;
enum err db_unwatch(struct db *db, int64_t job_no, int64_t no) MUST_CHECK;
