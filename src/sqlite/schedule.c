/* Schedules in the database. A due time is served by the transaction that makes its job: the row
 * must still say until when all is served (its column `settled`), and says more afterwards. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "sqlite/verbs.h"
#include "wire/change_text.h"

enum {
	SWEEP_ROWS = 1000,   /* in one transaction */
	LOG_BYTES = 1 << 18, /* a page ends when it has so many; of jobs too, in a list: */
	LIST_BYTES = 8 << 20,
	N_COLUMNS = 21,
};

static char *read_text(sqlite3_stmt *s, int column)
{
	const char *text = (const char *)sqlite3_column_text(s, column);

	return text != NULL ? xstrdup(text) : NULL;
}

/* Read N_COLUMNS columns. */
static struct schedule read_row(sqlite3_stmt *s)
{
	struct schedule schedule = {.no = sqlite3_column_int64(s, 0),
	    .revision = (uint64_t)sqlite3_column_int64(s, 2),
	    .created_at = sqlite3_column_int64(s, 12),
	    .updated_at = sqlite3_column_int64(s, 13),
	    .served_until = sqlite3_column_int64(s, 14),
	    .last = sqlite3_column_int64(s, 15),
	    .last_state = (enum job_state)sqlite3_column_int(s, 17),
	    .runs = (uint64_t)sqlite3_column_int64(s, 18),
	    .skipped = (uint64_t)sqlite3_column_int64(s, 19),
	    .changes = (uint64_t)sqlite3_column_int64(s, 20)};
	struct schedule_rule *rule = &schedule.rule;

	db_read_id(s, 1, &schedule.id);
	db_read_id(s, 16, &schedule.last_job);
	rule->name = read_text(s, 3);
	rule->every = read_text(s, 4);
	rule->cron = read_text(s, 5);
	rule->zone = read_text(s, 6);
	rule->jitter = read_text(s, 7);
	rule->overlap = (enum schedule_overlap)sqlite3_column_int(s, 8);
	rule->catch_up = (enum catch_up)sqlite3_column_int(s, 9);
	rule->is_paused = sqlite3_column_int(s, 10) != 0;
	rule->callback_url = read_text(s, 11);
	return schedule;
}

/* No version of this program has written another one. */
static bool is_good(const struct schedule *schedule)
{
	return (unsigned)schedule->rule.overlap < N_OVERLAPS &&
	       (unsigned)schedule->rule.catch_up <= CATCH_UP_ONE &&
	       (unsigned)schedule->last_state < JOB_N_STATES && !id_is_none(&schedule->id);
}

static struct schedule read_row_and_job(sqlite3_stmt *s)
{
	struct schedule schedule = read_row(s);

	schedule.rule.job = read_text(s, N_COLUMNS);
	return schedule;
}

/* --- Writes --- */

/* Bind what a client may set as ?2 to ?11. */
static void bind_rule(sqlite3_stmt *s, const struct schedule_rule *rule)
{
	sqlite3_bind_text(s, 2, rule->name, -1, SQLITE_STATIC); /* NULL binds null */
	sqlite3_bind_text(s, 3, rule->every, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 4, rule->cron, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 5, rule->zone, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 6, rule->jitter, -1, SQLITE_STATIC);
	BIND(s, 7, rule->overlap, rule->catch_up, rule->is_paused);
	sqlite3_bind_text(s, 10, rule->callback_url, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 11, rule->job, -1, SQLITE_STATIC);
}

enum err db_add_schedule(struct db *db, struct store_op *op)
{
	struct schedule *schedule = &op->u.schedule.schedule;
	sqlite3_stmt *s = db_statement(db, STATEMENT_INSERT_SCHEDULE);

	sqlite3_bind_blob(s, 1, schedule->id.bytes, sizeof(schedule->id.bytes), SQLITE_STATIC);
	bind_rule(s, &schedule->rule);
	BIND(s, 12, schedule->created_at, schedule->served_until);
	enum err e = db_run(db, s);
	schedule->no = sqlite3_last_insert_rowid(db->handle);
	schedule->revision = 1;
	return e;
}

/* Update one schedule; returns `otherwise` if no row matched. */
static enum err update_one(struct db *db, sqlite3_stmt *s, enum err otherwise)
{
	enum err e = db_run(db, s);

	return e == OK && sqlite3_changes(db->handle) == 0 ? otherwise : e;
}

enum err db_read_one_schedule(struct db *db, sqlite3_stmt *s, struct schedule *ret_schedule)
{
	enum err e = db_step_one(db, s);

	if (e == OK) {
		schedule_done(ret_schedule);
		*ret_schedule = read_row_and_job(s);
		e = is_good(ret_schedule) ? OK : ERR_DAMAGED;
	}
	sqlite3_reset(s);
	return e;
}

enum err db_edit_schedule(struct db *db, struct store_op *op)
{
	struct schedule *schedule = &op->u.schedule.schedule;
	sqlite3_stmt *s = QUERY(db, STATEMENT_UPDATE_SCHEDULE, schedule->no);

	bind_rule(s, &schedule->rule);
	BIND(s, 12, schedule->updated_at, schedule->served_until, op->u.schedule.sets_due,
	    (int64_t)schedule->revision);
	enum err e = update_one(db, s, ERR_CONFLICT);
	if (e != OK && e != ERR_CONFLICT)
		return e;
	s = QUERY(db, STATEMENT_SELECT_SCHEDULE_BY_NO, schedule->no);
	enum err found = db_read_one_schedule(db, s, schedule);
	return found != OK ? found : e;
}

enum err db_pass_due(struct db *db, struct store_op *op)
{
	const struct due_time *due = &op->u.schedule.due;
	sqlite3_stmt *s = QUERY(db, STATEMENT_PASS_DUE, op->u.schedule.schedule.no,
	    due->served_until, due->next, (int64_t)due->n_skipped);

	return update_one(db, s, ERR_CONFLICT);
}

enum err db_serve_schedule(struct db *db, const struct store_op *op)
{
	const struct job *job = &op->u.input.job;
	const struct due_time *due = &op->u.input.due;
	bool is_due = due->served_until != 0;
	sqlite3_stmt *s = db_statement(db, is_due ? STATEMENT_SERVE_DUE : STATEMENT_SERVE_NOW);
	int place = 2;

	BIND(s, 1, job->schedule_no);
	if (is_due) {
		sqlite3_bind_int64(s, place++, due->served_until);
		sqlite3_bind_int64(s, place++, due->next);
	}
	sqlite3_bind_int64(s, place++, job->created_at);
	db_bind_id(s, place++, &job->id);
	if (is_due)
		BIND(s, place, (int64_t)due->n_skipped);
	return update_one(db, s, is_due ? ERR_CONFLICT : ERR_NOT_FOUND);
}

enum err db_forget_schedule(struct db *db, struct store_op *op)
{
	sqlite3_stmt *s = QUERY(db, STATEMENT_FORGET_SCHEDULE, op->u.schedule.schedule.no);

	return update_one(db, s, ERR_NOT_FOUND);
}

/* --- Reads --- */

enum err db_list_schedules(struct db *db, struct store_op *op)
{
	const char *name = op->u.schedules.name;
	sqlite3_stmt *s = db_statement(
	    db, name != NULL ? STATEMENT_LIST_SCHEDULES_NAMED : STATEMENT_LIST_SCHEDULES);
	size_t n_bytes = 0;
	int code;

	sqlite3_bind_blob(s, 1, op->u.schedules.before.bytes, sizeof(op->u.schedules.before.bytes),
	    SQLITE_STATIC);
	BIND(s, 2, (int64_t)op->u.schedules.limit + 1);
	if (name != NULL)
		sqlite3_bind_text(s, 3, name, -1, SQLITE_STATIC);
	op->u.schedules.schedules =
	    xcalloc(op->u.schedules.limit, sizeof(*op->u.schedules.schedules));
	while ((code = sqlite3_step(s)) == SQLITE_ROW &&
	       op->u.schedules.n < op->u.schedules.limit && n_bytes < LIST_BYTES) {
		struct schedule *schedule = &op->u.schedules.schedules[op->u.schedules.n];
		n_bytes += (size_t)sqlite3_column_bytes(s, N_COLUMNS);
		*schedule = read_row_and_job(s);
		if (!is_good(schedule)) { /* as a damaged job in a list of jobs */
			op->damage =
			    (struct store_damage){.what = DAMAGED_SCHEDULE, .id = schedule->id};
			schedule_done(schedule);
			break;
		}
		op->u.schedules.n++;
	}
	op->u.schedules.is_more = code == SQLITE_ROW;
	sqlite3_reset(s);
	if (op->damage.what != DAMAGED_NOTHING && op->u.schedules.n == 0)
		return ERR_DAMAGED;
	return code == SQLITE_ROW || code == SQLITE_DONE ? OK : db_error(db, code);
}

static struct span read_span(sqlite3_stmt *s, int column)
{
	const char *bytes = (const char *)sqlite3_column_text(s, column);

	return (struct span){bytes, (size_t)sqlite3_column_bytes(s, column)};
}

bool db_read_change(sqlite3_stmt *s, struct change *ret_change)
{
	struct change c = {.seq = (uint64_t)sqlite3_column_int64(s, 0),
	    .at = sqlite3_column_int64(s, 1),
	    .target = read_span(s, 3)};
	bool is_good = db_read_finding(s, 4, &c.from);

	is_good = db_read_finding(s, 7, &c.to) && is_good;
	db_read_id(s, 2, &c.job);
	*ret_change = c;
	return is_good;
}

static bool add_change(struct store_op *op, sqlite3_stmt *s)
{
	struct change c;

	if (!db_read_change(s, &c)) {
		op->damage =
		    (struct store_damage){.what = DAMAGED_CHANGE, .first = c.seq, .last = c.seq};
		return false;
	}
	if (op->u.log.is_events) {
		change_add_event(&op->u.log.text, &c);
	} else {
		buf_add_str(&op->u.log.text, op->u.log.n > 0 ? "," : "");
		change_add_json(&op->u.log.text, &c);
	}
	op->u.log.last = c.seq;
	return true;
}

static bool add_outcome(struct store_op *op, sqlite3_stmt *s)
{
	struct finding o;
	struct span target = read_span(s, 0);
	struct id job;

	if (op->u.log.n == 0 && op->u.log.target.max == 0)
		buf_init(&op->u.log.target, SIZE_MAX / 2);
	if (!db_read_finding(s, 1, &o)) {
		op->damage = (struct store_damage){.what = DAMAGED_OUTCOME};
		return false;
	}
	db_read_id(s, 5, &job);
	buf_add_str(&op->u.log.text, op->u.log.n > 0 ? "," : "");
	outcome_add_json(&op->u.log.text, target, &o, sqlite3_column_int64(s, 4), &job);
	buf_clear(&op->u.log.target);
	buf_add(&op->u.log.target, target.bytes, target.len);
	return true;
}

/* A schedule whose rows are deleted in slices has no log any more. */
static enum err check_schedule(struct db *db, int64_t no, sqlite3_stmt **ret_open)
{
	sqlite3_stmt *s = *ret_open = QUERY(db, STATEMENT_SELECT_CHANGE_COUNT, no);
	enum err e = db_step_one(db, s);

	if (e != OK)
		sqlite3_reset(s);
	return e;
}

/* A page ends at its limit, or once it is long. */
static enum err read_log(struct db *db, struct store_op *op, sqlite3_stmt *s,
    bool (*add_row)(struct store_op *op, sqlite3_stmt *s))
{
	sqlite3_stmt *open; /* until the end: so both see the same moment */
	bool is_good = true;
	int code = SQLITE_DONE;
	enum err e = check_schedule(db, op->u.log.schedule_no, &open);

	buf_init(&op->u.log.text, SIZE_MAX / 2);
	op->u.log.last = op->u.log.after;
	if (e != OK)
		return e;
	BIND(s, 1, op->u.log.schedule_no);
	BIND(s, 3, (int64_t)op->u.log.limit + 1);
	while (is_good && (code = sqlite3_step(s)) == SQLITE_ROW && op->u.log.n < op->u.log.limit &&
	       op->u.log.text.len < LOG_BYTES) {
		is_good = add_row(op, s);
		op->u.log.n += is_good;
	}
	op->u.log.is_more = code == SQLITE_ROW;
	sqlite3_reset(s);
	sqlite3_reset(open);
	if (!is_good)
		return ERR_DAMAGED;
	return code == SQLITE_ROW || code == SQLITE_DONE ? OK : db_error(db, code);
}

enum err db_read_changes(struct db *db, struct store_op *op)
{
	sqlite3_stmt *s = db_statement(db, STATEMENT_SELECT_CHANGES);

	BIND(s, 2, (int64_t)op->u.log.after);
	return read_log(db, op, s, add_change);
}

enum err db_read_outcomes(struct db *db, struct store_op *op)
{
	sqlite3_stmt *s = db_statement(db, STATEMENT_SELECT_OUTCOMES);

	/* copied: the buffer takes the last target's name meanwhile */
	sqlite3_bind_text(s, 2, op->u.log.target.len > 0 ? op->u.log.target.data : "",
	    (int)op->u.log.target.len, SQLITE_TRANSIENT);
	return read_log(db, op, s, add_outcome);
}

enum err db_load_schedule(struct db *db, struct store_op *op)
{
	struct schedule *schedule = &op->u.schedule.schedule;
	sqlite3_stmt *s = db_statement(db, STATEMENT_SELECT_SCHEDULE);

	sqlite3_bind_blob(s, 1, schedule->id.bytes, sizeof(schedule->id.bytes), SQLITE_TRANSIENT);
	enum err e = db_read_one_schedule(db, s, schedule);
	if (e == ERR_DAMAGED)
		op->damage = (struct store_damage){.what = DAMAGED_SCHEDULE, .id = schedule->id};
	return e;
}

enum err db_each_schedule(
    struct db *db, void (*on_schedule)(const struct schedule *schedule, void *arg), void *arg)
{
	sqlite3_stmt *s = db_statement(db, STATEMENT_EACH_SCHEDULE);
	int code;

	while ((code = sqlite3_step(s)) == SQLITE_ROW) {
		struct schedule schedule = read_row(s);
		if (is_good(&schedule)) {
			on_schedule(&schedule, arg);
		} else { /* the others run */
			char id[ID_TEXT_SIZE];
			id_format(&schedule.id, id);
			log_error("store_damaged", "what=schedule schedule=%s no=%lld", id,
			    (long long)schedule.no);
		}
		schedule_done(&schedule);
	}
	sqlite3_reset(s);
	return code == SQLITE_DONE ? OK : db_error(db, code);
}

/* --- Garbage --- */

static enum err sweep_rows(struct db *db, enum statement id, int64_t no, int *ret_n)
{
	sqlite3_stmt *s = db_statement(db, id);

	BIND(s, 1, no);
	if (sqlite3_bind_parameter_count(s) > 1)
		BIND(s, 2, SWEEP_ROWS);
	enum err e = db_run(db, s);
	*ret_n = e == OK ? sqlite3_changes(db->handle) : 0;
	return e;
}

enum err db_sweep_schedules(struct db *db, bool *ret_is_more)
{
	sqlite3_stmt *s = db_statement(db, STATEMENT_NEXT_SCHEDULE_GARBAGE);
	int code = sqlite3_step(s), n = 0;
	int64_t no = sqlite3_column_int64(s, 0);

	sqlite3_reset(s);
	*ret_is_more = code == SQLITE_ROW;
	if (code != SQLITE_ROW)
		return code == SQLITE_DONE ? OK : db_error(db, code);
	/* each statement is a transaction of its own */
	enum err e = sweep_rows(db, STATEMENT_SWEEP_CHANGES, no, &n);
	if (e == OK && n == 0)
		e = sweep_rows(db, STATEMENT_SWEEP_OUTCOMES, no, &n);
	if (e == OK && n == 0)
		e = sweep_rows(db, STATEMENT_SWEEP_COPIES, no, &n);
	if (e == OK && n == 0)
		e = sweep_rows(db, STATEMENT_DELETE_SCHEDULE, no, &n);
	return e;
}
