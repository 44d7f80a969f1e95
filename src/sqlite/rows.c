/* Values in rows: ids, jobs and findings, and whether they are good. */
#include <string.h>

#include "base/alloc.h"
#include "sqlite/db.h"

void db_bind_id(sqlite3_stmt *s, int place, const struct id *id)
{
	if (id_is_none(id))
		sqlite3_bind_null(s, place);
	else
		sqlite3_bind_blob(s, place, id->bytes, sizeof(id->bytes), SQLITE_STATIC);
}

void db_read_id(sqlite3_stmt *s, int column, struct id *ret_id)
{
	const void *bytes = sqlite3_column_blob(s, column);

	*ret_id = (struct id){0};
	if (bytes != NULL && sqlite3_column_bytes(s, column) == sizeof(ret_id->bytes))
		memcpy(ret_id->bytes, bytes, sizeof(ret_id->bytes));
}

enum err db_update_totals(struct db *db, sqlite3_stmt *s, struct job_totals *ret_totals)
{
	uint64_t numbers[1 + ITEM_N_STATUSES];
	enum err e = db_update_returning(db, s, numbers, 1 + ITEM_N_STATUSES);

	if (e == OK) {
		ret_totals->completed = numbers[0];
		memcpy(ret_totals->counts, numbers + 1, sizeof(ret_totals->counts));
	}
	return e;
}

enum job_state db_ended_state(int64_t state)
{
	return state >= 0 && state < JOB_N_STATES ? (enum job_state)state : JOB_FAILED;
}

static bool is_good_job(const struct job *job)
{
	uint64_t n = 0;

	for (int i = 0; i < ITEM_N_STATUSES; i++)
		n += job->counts[i];
	return (unsigned)job->state < JOB_N_STATES && (unsigned)job->kind < N_KINDS &&
	       (unsigned)job->check < N_CHECKS && (unsigned)job->reason < JOB_N_REASONS &&
	       !id_is_none(&job->id) && n == job->completed && n <= job->total;
}

static bool read_asked(sqlite3_stmt *s, int column, struct job_params *ret_params)
{
	const char *bytes = sqlite3_column_blob(s, column);
	struct span fields = {bytes, (size_t)sqlite3_column_bytes(s, column)};

	return bytes == NULL || (check_spec_unpack(fields, &ret_params->asked) &&
				    server_set_unpack(fields, &ret_params->servers));
}

enum err db_read_job(sqlite3_stmt *s, struct job *ret_job)
{
	struct job job = {
	    .no = sqlite3_column_int64(s, 0), .state = (enum job_state)sqlite3_column_int(s, 2)};
	const char *label = (const char *)sqlite3_column_text(s, 5);

	db_read_id(s, 1, &job.id);
	job.kind = (enum job_kind)sqlite3_column_int(s, 3);
	job.check = (enum job_check)sqlite3_column_int(s, 4);
	job.label = label != NULL ? xstrdup(label) : NULL;
	job.params = (struct job_params){.concurrency = (uint32_t)sqlite3_column_int64(s, 6),
	    .rate = (uint32_t)sqlite3_column_int64(s, 7),
	    .timeout = sqlite3_column_int64(s, 8),
	    .attempts = (uint32_t)sqlite3_column_int64(s, 9)};
	job.total = (uint64_t)sqlite3_column_int64(s, 10);
	job.completed = (uint64_t)sqlite3_column_int64(s, 11);
	for (int i = 0; i < ITEM_N_STATUSES; i++)
		job.counts[i] = (uint64_t)sqlite3_column_int64(s, 12 + i);
	int next = 12 + ITEM_N_STATUSES;
	job.created_at = sqlite3_column_int64(s, next);
	job.started_at = sqlite3_column_int64(s, next + 1);
	job.finished_at = sqlite3_column_int64(s, next + 2);
	next += 3;
	job.params.priority = (uint32_t)sqlite3_column_int64(s, next);
	job.is_paused = sqlite3_column_int(s, next + 1) != 0;
	job.reason = (enum job_reason)sqlite3_column_int(s, next + 2);
	job.run_at = sqlite3_column_int64(s, next + 3);
	job.deadline = sqlite3_column_int64(s, next + 4);
	const char *callback = (const char *)sqlite3_column_text(s, next + 5);
	job.callback_url = callback != NULL ? xstrdup(callback) : NULL;
	job.schedule_no = sqlite3_column_int64(s, next + 6);
	db_read_id(s, next + 7, &job.schedule_id);
	db_read_id(s, next + 8, &job.retry_of);
	bool is_good = read_asked(s, next + 9, &job.params);
	*ret_job = job;
	if (is_good && is_good_job(&job))
		return OK;
	job_done(&job);
	*ret_job = (struct job){.no = job.no, .id = job.id};
	return ERR_DAMAGED;
}

enum err db_find_job(struct db *db, sqlite3_stmt *s, struct job *ret_job)
{
	enum err e = db_step_one(db, s);

	if (e == OK)
		e = db_read_job(s, ret_job);
	sqlite3_reset(s);
	return e;
}

bool db_read_finding(sqlite3_stmt *s, int column, struct finding *ret_finding)
{
	int status = sqlite3_column_int(s, column), reason = sqlite3_column_int(s, column + 1);
	const char *value = (const char *)sqlite3_column_text(s, column + 2);

	bool is_good = status >= 0 && status < ITEM_N_STATUSES && reason >= 0 && reason < N_REASONS;
	*ret_finding = (struct finding){is_good ? (enum item_status)status : ITEM_ERROR,
	    is_good ? (enum reason)reason : REASON_INTERNAL, value != NULL ? value : ""};
	return is_good;
}
