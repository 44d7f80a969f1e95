/* What a daemon has begun, and what of it is suspect: see struct store_life. */
#include "sqlite/verbs.h"

static enum err put_note(struct db *db, const struct stored_note *n)
{
	return RUN(db, STATEMENT_NOTE, n->job_no, n->chunk, n->index, n->is_begun);
}

enum err db_put_notes(struct db *db, const struct stored_note *all, size_t n)
{
	enum err e = db_run(db, db_statement(db, STATEMENT_FORGET_NOTED));

	for (size_t i = 0; e == OK && i < n; i++)
		e = put_note(db, &all[i]);
	return e;
}

enum err db_note(struct db *db, struct store_op *op)
{
	return db_put_notes(db, op->u.notes.all, op->u.notes.n);
}

enum err db_watch(struct db *db, struct store_op *op)
{
	const struct stored_watch *w = &op->u.watch;
	return RUN(db, STATEMENT_WATCH, op->job_no, w->no, w->n_ends, w->n_begun);
}

enum err db_end_life(struct db *db)
{
	return db_run(db, db_statement(db, STATEMENT_END_LIFE));
}

enum err db_end_clean(struct db *db, struct store_op *op)
{
	enum err e = db_run(db, db_statement(db, STATEMENT_FORGET_NOTED));

	(void)op;
	return e == OK ? db_end_life(db) : e;
}

enum err db_unwatch(struct db *db, int64_t job_no, int64_t no)
{
	return RUN(db, STATEMENT_UNWATCH, job_no, no);
}
