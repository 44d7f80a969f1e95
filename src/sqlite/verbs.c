/* Operations, carried out by the table of verbs. Each that writes runs in a savepoint, so that its
 * own failure leaves nothing behind and doesn't touch the others of the transaction; a failure of
 * the database ends the whole transaction. */
#include "sqlite/verbs.h"

static enum err (*const runs[STORE_N_VERBS])(struct db *db, struct store_op *op) = {
#define VERB(id, mode, on_failure, garbage, run, parts) [STORE_##id] = db_##run,
#include "store/verbs.def"
#undef VERB
};

void db_read(struct db *db, struct store_op *op)
{
	op->err = runs[op->verb](db, op);
}

/* Failures that concern the operation alone. */
static bool is_own_fault(enum err e)
{
	return e == ERR_CONFLICT || e == ERR_NOT_FOUND || e == ERR_INVALID || e == ERR_TOO_BIG ||
	       e == ERR_DAMAGED;
}

static enum err run_op(struct db *db, struct store_op *op)
{
	enum err e = db_run(db, db_statement(db, STATEMENT_SAVEPOINT));

	if (e != OK)
		return e;
	op->err = runs[op->verb](db, op);
	if (op->err != OK && !is_own_fault(op->err))
		return op->err;
	if (op->err != OK) {
		e = db_run(db, db_statement(db, STATEMENT_ROLLBACK_TO));
		if (e != OK)
			return e;
	}
	return db_run(db, db_statement(db, STATEMENT_RELEASE));
}

enum err db_write(struct db *db, struct store_op_list *ops)
{
	struct store_op *op;
	enum err e = db_run(db, db_statement(db, STATEMENT_BEGIN));

	if (e != OK)
		return e;
	STAILQ_FOREACH (op, ops, link) {
		e = run_op(db, op);
		if (e != OK)
			break;
	}
	return db_end(db, e);
}

enum err db_touch(struct db *db)
{
	enum err e = RUN(db, STATEMENT_TOUCH, 1 << 20);

	return e == OK ? RUN(db, STATEMENT_TOUCH, 0) : e;
}
