/* Jobs are paused, cancelled and removed here. The rows of a removed one go later (retention.c). */
#include "sqlite/verbs.h"

enum err db_pause(struct db *db, struct store_op *op)
{
	enum err e = RUN(db, STATEMENT_PAUSE_JOB, op->job_no, op->u.is_paused);
	return e == OK && sqlite3_changes(db->handle) == 0 ? ERR_NOT_FOUND : e;
}

enum err db_tell_end(struct db *db, struct store_op *op)
{
	enum err e = db_outbox_add_job(db, op->job_no);

	if (e != ERR_DAMAGED)
		return e;
	op->damage = (struct store_damage){.what = DAMAGED_JOB};
	return OK;
}

enum err db_cancel(struct db *db, struct store_op *op)
{
	sqlite3_stmt *s = QUERY(db, STATEMENT_CANCEL_JOB, op->job_no, op->u.put.state,
	    op->u.put.started_at, op->u.put.finished_at);

	enum err e = db_update_totals(db, s, &op->u.put.totals);
	if (e == OK && op->u.put.changes.schedule_no != 0)
		e = db_note_outcomes(db, op);
	if (e == OK)
		e = RUN(db, STATEMENT_SET_INPUT_GARBAGE, op->job_no);
	return e == OK ? db_tell_end(db, op) : e;
}

enum err db_forget(struct db *db, struct store_op *op)
{
	uint64_t state = 0;
	sqlite3_stmt *s = QUERY(db, STATEMENT_FORGET_JOB, op->job_no);

	enum err e = db_update_returning(db, s, &state, 1);
	if (e == OK)
		e = RUN(db, STATEMENT_FORGET_KEYS, op->job_no);
	if (e == OK)
		e = RUN(db, STATEMENT_CANCEL_LAST, op->job_no);
	if (e == OK)
		e = RUN(db, STATEMENT_INSERT_REMOVAL, op->job_no);
	op->u.state = db_ended_state((int64_t)state);
	return e;
}

/* Their files are gone: nothing is left to do for them. */
enum err db_forget_removals(struct db *db, struct store_op *op)
{
	enum err e = OK;

	for (size_t i = 0; e == OK && i < op->u.folders.n_removed; i++) {
		sqlite3_stmt *s = db_statement(db, STATEMENT_DELETE_REMOVAL);
		db_bind_id(s, 1, &op->u.folders.removed[i]);
		e = db_run(db, s);
	}
	return e;
}
