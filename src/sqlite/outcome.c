/* What the results of schedules' runs come to: the last outcome of each target, and how it differs
 * from the one before. All of it is part of the transaction that stores the results. */
#include <stdlib.h>
#include <string.h>

#include "sqlite/verbs.h"
#include "wire/change_text.h"
#include "wire/json_job.h"
#include "wire/json_text.h"
#include "wire/record.h"

enum {
	LOG_MOST = 10000,   /* changes kept of a schedule, the newest */
	TOLD_MOST = 1000,   /* of them in a callback */
	MAX_CALL = 8 << 20, /* bytes of it */
};

/* What a block of results does to its schedule. */
struct noting {
	struct db *db;
	struct store_op *op;
	struct run_changes *changes; /* of `op` */
	uint64_t last;               /* number in the log */
};

static void bind_outcome(sqlite3_stmt *s, int place, const struct finding *o)
{
	BIND(s, place, o->status, o->reason);
	sqlite3_bind_text(s, place + 2, o->value, -1, SQLITE_STATIC);
}

static void bind_target(sqlite3_stmt *s, int place, struct span target)
{
	sqlite3_bind_text(
	    s, place, target.bytes != NULL ? target.bytes : "", (int)target.len, SQLITE_STATIC);
}

static enum err put_outcome(
    struct noting *n, struct span target, const struct finding *o, usec_t since)
{
	sqlite3_stmt *s = QUERY(n->db, STATEMENT_PUT_OUTCOME, n->changes->schedule_no);

	bind_target(s, 2, target);
	bind_outcome(s, 3, o);
	BIND(s, 6, since);
	db_bind_id(s, 7, &n->changes->job);
	return db_run(n->db, s);
}

static enum err insert_change(struct noting *n, const struct change *c)
{
	sqlite3_stmt *s =
	    QUERY(n->db, STATEMENT_INSERT_CHANGE, n->changes->schedule_no, (int64_t)c->seq, c->at);

	db_bind_id(s, 4, &c->job);
	bind_target(s, 5, c->target);
	bind_outcome(s, 6, &c->from);
	bind_outcome(s, 9, &c->to);
	return db_run(n->db, s);
}

/* Compare a result with the outcome its target had. */
static enum err note_result(struct noting *n, const struct result *r)
{
	char value[FINDING_VALUE_SIZE];
	struct finding o = finding_of(r, value);
	struct span target = finding_target(r);
	sqlite3_stmt *s = QUERY(n->db, STATEMENT_FIND_OUTCOME, n->changes->schedule_no);
	enum err e = OK;

	bind_target(s, 2, target);
	int code = sqlite3_step(s);
	bool is_new = code == SQLITE_DONE, differs = is_new;
	if (code == SQLITE_ROW) {
		struct finding before;
		if (!db_read_finding(s, 0, &before)) /* the change tells of an internal error */
			n->op->damage = (struct store_damage){.what = DAMAGED_OUTCOME};
		differs = before.status != o.status || before.reason != o.reason ||
			  strcmp(before.value, o.value) != 0;
		if (differs) {
			const struct change c = {
			    ++n->last, r->finished_at, n->changes->job, target, before, o};
			e = insert_change(n, &c);
		}
	} else if (!is_new) {
		e = db_error(n->db, code);
	}
	sqlite3_reset(s);
	return e == OK && differs ? put_outcome(n, target, &o, r->finished_at) : e;
}

static enum err note_block(struct noting *n)
{
	const struct buf *block = &n->op->u.put.block;
	size_t offset = 0;
	struct result r;
	enum err e = OK;

	while (e == OK && record_next(block->data, block->len, &offset, &r)) {
		e = note_result(n, &r);
		if (e == OK)
			e = db_note_copy(n->db, n->op, &r);
	}
	return e;
}

/* As many go as came, so a step is never long. */
static enum err trim_log(struct noting *n)
{
	return n->last <= LOG_MOST ? OK
				   : RUN(n->db, STATEMENT_TRIM_CHANGES, n->changes->schedule_no,
					 (int64_t)(n->last - LOG_MOST));
}

static enum err update_changes(struct noting *n)
{
	sqlite3_stmt *s =
	    QUERY(n->db, STATEMENT_UPDATE_CHANGES, n->changes->schedule_no, (int64_t)n->last);

	db_bind_id(s, 3, &n->changes->job);
	BIND(s, 4, n->op->u.put.state);
	return db_run(n->db, s);
}

/* --- The callback --- */

/* Add those of the run's changes that are still in the log; returns how many they are. */
static enum err add_changes(struct noting *n, struct buf *data, uint64_t *ret_n)
{
	sqlite3_stmt *s = QUERY(n->db, STATEMENT_SELECT_CHANGES, n->changes->schedule_no,
	    (int64_t)n->changes->after, LOG_MOST);
	uint64_t n_told = 0;
	int code;

	*ret_n = 0;
	while ((code = sqlite3_step(s)) == SQLITE_ROW) {
		struct change c;
		if (!db_read_change(s, &c))
			n->op->damage =
			    (struct store_damage){.what = DAMAGED_CHANGE, .first = c.seq};
		if (memcmp(&c.job, &n->changes->job, sizeof(c.job)) != 0)
			continue;
		if (++*ret_n > TOLD_MOST || data->len > MAX_CALL / 2)
			continue;
		buf_add_str(data, n_told++ > 0 ? "," : "");
		change_add_json(data, &c);
	}
	sqlite3_reset(s);
	return code == SQLITE_DONE ? OK : db_error(n->db, code);
}

static enum err add_job(struct noting *n, struct buf *data)
{
	struct job job;
	enum err e =
	    db_find_job(n->db, QUERY(n->db, STATEMENT_SELECT_JOB_BY_NO, n->op->job_no), &job);

	if (e == OK) {
		json_job_add(data, &job, job.finished_at);
		job_done(&job);
	}
	return e;
}

/* Write the changes; if there are none, *ret_total is 0 and nothing is written. */
static enum err write_call(
    struct noting *n, const struct schedule *schedule, struct buf *data, uint64_t *ret_total)
{
	char id[ID_TEXT_SIZE];
	uint64_t n_known = n->changes->n_before + n->changes->n;

	id_format(&schedule->id, id);
	buf_addf(data, "{\"schedule_id\":\"%s\",\"name\":", id);
	json_add_optional(data, schedule->rule.name);
	buf_add_str(data, ",\"job\":");
	enum err e = add_job(n, data);
	buf_add_str(data, ",\"changes\":[");
	if (e == OK)
		e = add_changes(n, data, ret_total);
	*ret_total = *ret_total > n_known ? *ret_total : n_known;
	buf_addf(data, "],\"total\":%llu}", (unsigned long long)*ret_total);
	return e;
}

/* The run has ended: queue a callback if there were changes. */
static enum err call(struct noting *n)
{
	sqlite3_stmt *s = QUERY(n->db, STATEMENT_SELECT_SCHEDULE_BY_NO, n->changes->schedule_no);
	struct schedule schedule = {.no = 0};
	struct buf data;
	uint64_t total = 0;

	enum err e = db_read_one_schedule(n->db, s, &schedule);
	if (e == OK && schedule.rule.callback_url != NULL && n->last > n->changes->after) {
		buf_init(&data, MAX_CALL);
		e = write_call(n, &schedule, &data, &total);
		if (e == OK && total > 0) {
			e = db_outbox_add(n->db, schedule.rule.callback_url, "schedule.changed",
			    n->op->u.put.finished_at, data.data, data.len);
			n->changes->is_called = e == OK;
		}
		buf_done(&data);
	}
	schedule_done(&schedule);
	return e;
}

enum err db_note_outcomes(struct db *db, struct store_op *op)
{
	struct run_changes *changes = &op->u.put.changes;
	struct noting n = {.db = db, .op = op, .changes = changes};
	bool is_ended = job_state_is_ended(op->u.put.state);
	sqlite3_stmt *s = QUERY(db, STATEMENT_SELECT_CHANGE_COUNT, changes->schedule_no);

	int code = sqlite3_step(s);
	uint64_t before = code == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(s, 0) : 0;
	sqlite3_reset(s);
	changes->n = 0;
	changes->is_called = false;
	run_changes_done(changes); /* of an attempt that was rolled back */
	if (code == SQLITE_DONE)
		return OK; /* the schedule was deleted; its run continues */
	n.last = before;
	enum err e = code == SQLITE_ROW ? note_block(&n) : db_error(db, code);
	changes->n = n.last - before;
	changes->last = n.last;
	if (e == OK && changes->n > 0)
		e = trim_log(&n);
	if (e == OK && (changes->n > 0 || is_ended))
		e = update_changes(&n);
	if (e == OK && is_ended)
		e = call(&n);
	if (e != ERR_DAMAGED)
		return e;
	op->damage = (struct store_damage){.what = DAMAGED_OTHER}; /* results are not lost for it */
	return OK;
}
