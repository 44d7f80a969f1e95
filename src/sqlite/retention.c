/* What makes the database smaller again. Three steps, each in slices of a few milliseconds, because
 * a commit that comes meanwhile waits for the slice under way:
 *
 *   ended --retire--> garbage: gone for all readers --sweep--> free pages --shrink--> a shorter
 * file
 *
 * A slice ends by the clock: how long a row takes depends on how many pages it has, and on whether
 * they must be read. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "sqlite/verbs.h"

#define SLICE (6 * USEC_PER_MSEC)

enum {
	STEP_BYTES =
	    1 << 20,     /* deleted before the clock is looked at again, unless a row has more */
	STEP_ROWS = 200, /* of tables whose rows are all small */
};

/* --- Retire --- */

/* Find jobs; those that come free with them are not touched yet, the scan would trip over it. */
static enum err find_retirable(struct db *db, struct store_op *op, int64_t *ret_nos)
{
	sqlite3_stmt *s = QUERY(db, STATEMENT_RETIRABLE, op->u.retire.before, op->u.retire.max + 1);
	int code;

	BIND(s, 3, op->u.retire.n_bytes > 0);
	while ((code = sqlite3_step(s)) == SQLITE_ROW) {
		bool is_enough =
		    op->u.retire.n_bytes > 0 && op->u.retire.n_freed >= op->u.retire.n_bytes;
		if (is_enough || op->u.retire.n == op->u.retire.max) {
			op->u.retire.is_more = true;
			break;
		}
		ret_nos[op->u.retire.n] = sqlite3_column_int64(s, 0);
		struct id id;
		db_read_id(s, 1, &id);
		op->u.retire.jobs[op->u.retire.n++] = (struct retired_job){.id = id,
		    .kind = (enum job_kind)sqlite3_column_int(s, 2),
		    .state = db_ended_state(sqlite3_column_int64(s, 3))};
		op->u.retire.n_freed += (uint64_t)sqlite3_column_int64(s, 4);
	}
	sqlite3_reset(s);
	return code == SQLITE_ROW || code == SQLITE_DONE ? OK : db_error(db, code);
}

enum err db_retire(struct db *db, struct store_op *op)
{
	AUTO_FREE int64_t *nos = xcalloc(op->u.retire.max, sizeof(*nos));

	/* a transaction that failed as a whole may have come this far before */
	free(op->u.retire.jobs);
	op->u.retire.jobs = xcalloc(op->u.retire.max, sizeof(*op->u.retire.jobs));
	op->u.retire.n = 0;
	op->u.retire.n_freed = 0;
	op->u.retire.is_more = false;
	enum err e = find_retirable(db, op, nos);
	for (uint32_t i = 0; e == OK && i < op->u.retire.n; i++) {
		e = RUN(db, STATEMENT_FORGET_KEYS, nos[i]);
		if (e == OK)
			e = RUN(db, STATEMENT_SET_GARBAGE, nos[i], GARBAGE_ALL);
		if (e == OK)
			e = RUN(db, STATEMENT_INSERT_REMOVAL, nos[i]);
	}
	return e;
}

/* --- Sweep --- */

/* Of rows that can be big, as `sizes` tells: delete as many as hold STEP_BYTES, but one at least.
 */
static enum err sweep_big(struct db *db, enum statement sizes, enum statement sweep, int64_t job_no,
    int garbage, bool *ret_was_any)
{
	sqlite3_stmt *s = QUERY(db, sizes, job_no, garbage == GARBAGE_ALL);
	int64_t last = 0, n_bytes = 0;
	int code;

	while ((code = sqlite3_step(s)) == SQLITE_ROW && n_bytes < STEP_BYTES) {
		last = sqlite3_column_int64(s, 0);
		n_bytes += sqlite3_column_int64(s, 1);
		*ret_was_any = true;
	}
	sqlite3_reset(s);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return db_error(db, code);
	if (!*ret_was_any)
		return OK;
	s = QUERY(db, sweep, job_no, garbage == GARBAGE_ALL);
	BIND(s, 3, last);
	return db_run(db, s);
}

static enum err sweep_small(struct db *db, enum statement id, int64_t job_no, bool *ret_was_any)
{
	enum err e = RUN(db, id, job_no, STEP_ROWS);

	*ret_was_any = e == OK && sqlite3_changes(db->handle) > 0;
	return e;
}

/* Delete a little of one forgotten job, or of the input of an ended one; the job itself when
 * nothing else is left. */
static enum err sweep_step(struct db *db, int64_t job_no, int garbage)
{
	static const struct {
		bool of_all; /* only when all of the job is forgotten */
		bool has_sizes;
		enum statement sizes, sweep;
	} rows[] = {{false, true, STATEMENT_SIZES_OF_CHUNKS, STATEMENT_SWEEP_CHUNKS},
	    {.sweep = STATEMENT_SWEEP_PROGRESS}, {.sweep = STATEMENT_SWEEP_ALIASES},
	    {.sweep = STATEMENT_SWEEP_LEADERS},
	    {true, true, STATEMENT_SIZES_OF_RESULTS, STATEMENT_SWEEP_RESULTS},
	    {.of_all = true, .sweep = STATEMENT_SWEEP_FILES}};
	bool was_any = false, is_all = garbage == GARBAGE_ALL;
	enum err e = OK;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && e == OK && !was_any; i++) {
		if (rows[i].of_all && !is_all)
			continue;
		e = rows[i].has_sizes
			? sweep_big(db, rows[i].sizes, rows[i].sweep, job_no, garbage, &was_any)
			: sweep_small(db, rows[i].sweep, job_no, &was_any);
	}
	if (e != OK || was_any)
		return e;
	e = RUN(db, STATEMENT_UNWATCH_JOB, job_no);
	return e != OK ? e
		       : RUN(db, is_all ? STATEMENT_DELETE_JOB : STATEMENT_CLEAR_GARBAGE, job_no);
}

/* Find a removed job with rows left; false if there is none. */
static enum err find_garbage(struct db *db, int64_t *ret_no, int *ret_garbage, bool *ret_is_any)
{
	sqlite3_stmt *s = db_statement(db, STATEMENT_NEXT_GARBAGE);
	int code = sqlite3_step(s);

	*ret_no = sqlite3_column_int64(s, 0);
	*ret_garbage = sqlite3_column_int(s, 1);
	*ret_is_any = code == SQLITE_ROW;
	sqlite3_reset(s);
	return code == SQLITE_ROW || code == SQLITE_DONE ? OK : db_error(db, code);
}

enum err db_sweep(struct db *db, bool *ret_is_more)
{
	usec_t until = clock_mono() + SLICE;
	int64_t job_no;
	int garbage;
	enum err e = find_garbage(db, &job_no, &garbage, ret_is_more);

	if (e == OK && !*ret_is_more)
		return db_sweep_schedules(db, ret_is_more);
	if (e == OK)
		e = db_run(db, db_statement(db, STATEMENT_BEGIN));
	if (e != OK)
		return e;
	bool is_any = true;
	while (e == OK && is_any && clock_mono() < until) {
		e = sweep_step(db, job_no, garbage);
		if (e == OK)
			e = find_garbage(db, &job_no, &garbage, &is_any);
	}
	return db_end(db, e);
}

/* --- Shrink --- */

enum err db_shrink(struct db *db)
{
	usec_t until = clock_mono() + SLICE;
	enum err e = db_run(db, db_statement(db, STATEMENT_BEGIN));

	if (e != OK)
		return e;
	/* a row for each page that was moved or cut off */
	sqlite3_stmt *s = db_statement(db, STATEMENT_SHRINK);
	int code;
	do {
		code = sqlite3_step(s);
	} while (code == SQLITE_ROW && clock_mono() < until);
	e = code == SQLITE_ROW || code == SQLITE_DONE ? OK : db_error(db, code);
	sqlite3_reset(s);
	return db_end(db, e);
}
