/* The tables, and how older versions become the present one. `PRAGMA user_version` says which
 * version a file has; each step runs in a transaction of its own. */
#include "sqlite/db.h"

#include <stdio.h>

/* chunk: input, up to 1,000 items packed (model/chunk.h), deleted once all of them have results.
 * result: blocks of results (wire/record.h), append-only; `seq` is that of a block's first record.
 * file: the saved files of a job, with the result that tells of each.
 * alias, leader: items that have the same name as an earlier one, and the earlier one, with its
 * result's seq once known. job.low_seq: the results of open chunks lie behind it; recovery reads on
 * from there. */
static const char *const steps[] = {
    "CREATE TABLE job(no INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, state INT NOT "
    "NULL,"
    " garbage INT NOT NULL DEFAULT 0, kind INT NOT NULL DEFAULT 0, checked INT NOT NULL DEFAULT 0, "
    "label TEXT,"
    " concurrency INT NOT NULL DEFAULT 0, rate INT NOT NULL DEFAULT 0, timeout INT NOT NULL "
    "DEFAULT 0,"
    " attempts INT NOT NULL DEFAULT 0, total INT NOT NULL DEFAULT 0, completed INT NOT NULL "
    "DEFAULT 0,"
    " found INT NOT NULL DEFAULT 0, not_found INT NOT NULL DEFAULT 0, error INT NOT NULL DEFAULT 0,"
    " aliases INT NOT NULL DEFAULT 0, low_seq INT NOT NULL DEFAULT 0, created INT NOT NULL,"
    " started INT NOT NULL DEFAULT 0, finished INT NOT NULL DEFAULT 0) STRICT;"
    "CREATE INDEX job_state ON job(state, id);"
    "CREATE INDEX job_garbage ON job(no) WHERE garbage > 0;"
    "CREATE TABLE chunk(job INT NOT NULL, no INT NOT NULL, first INT NOT NULL, n INT NOT NULL, "
    "items BLOB NOT NULL,"
    " PRIMARY KEY(job, no)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE result(job INT NOT NULL, seq INT NOT NULL, n INT NOT NULL, records BLOB NOT NULL,"
    " PRIMARY KEY(job, seq)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE alias(job INT NOT NULL, idx INT NOT NULL, first INT NOT NULL,"
    " PRIMARY KEY(job, idx)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE leader(job INT NOT NULL, idx INT NOT NULL, seq INT, PRIMARY KEY(job, idx)) "
    "STRICT, WITHOUT ROWID;"
    "CREATE TABLE idempotency(key TEXT PRIMARY KEY, fingerprint BLOB NOT NULL, job INT NOT NULL,"
    " created INT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX idempotency_job ON idempotency(job);"
    "CREATE INDEX idempotency_created ON idempotency(created);"
    "CREATE TABLE touch(one INTEGER PRIMARY KEY, filler BLOB NOT NULL) STRICT;",
    /* 2: files to fetch */
    "ALTER TABLE job ADD COLUMN ok INT NOT NULL DEFAULT 0;"
    "CREATE TABLE file(job INT NOT NULL, name TEXT NOT NULL, seq INT NOT NULL, PRIMARY KEY(job, "
    "name))"
    " STRICT, WITHOUT ROWID;",
    /* 3: the life-time of jobs, schedules, callbacks. chunk.is_kept: worked off, and kept because
     * some of its items failed. outcome: what a target's last result in a run of the schedule was,
     * change: what it was before. */
    "ALTER TABLE job ADD COLUMN priority INT NOT NULL DEFAULT 5;"
    "ALTER TABLE job ADD COLUMN paused INT NOT NULL DEFAULT 0;"
    "ALTER TABLE job ADD COLUMN reason INT NOT NULL DEFAULT 0;"
    "ALTER TABLE job ADD COLUMN run_at INT NOT NULL DEFAULT 0;"
    "ALTER TABLE job ADD COLUMN deadline INT NOT NULL DEFAULT 0;"
    "ALTER TABLE job ADD COLUMN callback TEXT;"
    "ALTER TABLE job ADD COLUMN schedule INT NOT NULL DEFAULT 0;"
    "ALTER TABLE job ADD COLUMN schedule_id BLOB;"
    "ALTER TABLE job ADD COLUMN retry_of BLOB;"
    "ALTER TABLE chunk ADD COLUMN is_kept INT NOT NULL DEFAULT 0;"
    "CREATE INDEX job_finished ON job(finished) WHERE finished > 0 AND garbage = 0;"
    "CREATE INDEX job_label ON job(label, id) WHERE label IS NOT NULL;"
    "CREATE INDEX job_paused ON job(id) WHERE paused = 1;"
    "CREATE INDEX chunk_open ON chunk(job, no) WHERE is_kept = 0;"
    "CREATE INDEX job_schedule ON job(schedule_id, id) WHERE schedule_id IS NOT NULL;"
    "CREATE TABLE schedule(no INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, revision "
    "INT NOT NULL,"
    " garbage INT NOT NULL DEFAULT 0, name TEXT, every TEXT, cron TEXT, zone TEXT, overlap INT NOT "
    "NULL,"
    " catch_up INT NOT NULL, jitter TEXT, paused INT NOT NULL, callback TEXT, job TEXT NOT NULL,"
    " created INT NOT NULL, updated INT NOT NULL, settled INT NOT NULL DEFAULT 0, last INT NOT "
    "NULL DEFAULT 0, last_job "
    "BLOB,"
    " last_state INT NOT NULL DEFAULT 0, runs INT NOT NULL DEFAULT 0, skipped INT NOT NULL "
    "DEFAULT "
    "0,"
    " changes INT NOT NULL DEFAULT 0) STRICT;"
    "CREATE INDEX schedule_garbage ON schedule(no) WHERE garbage > 0;"
    "CREATE INDEX schedule_name ON schedule(name, id) WHERE name IS NOT NULL;"
    "CREATE TABLE outcome(schedule INT NOT NULL, target TEXT NOT NULL, status INT NOT NULL, reason "
    "INT NOT NULL,"
    " value TEXT NOT NULL, since INT NOT NULL, job BLOB NOT NULL, PRIMARY KEY(schedule, target))"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE change(schedule INT NOT NULL, seq INT NOT NULL, at INT NOT NULL, job BLOB NOT "
    "NULL,"
    " target TEXT NOT NULL, from_status INT NOT NULL, from_reason INT NOT NULL, from_value TEXT "
    "NOT "
    "NULL,"
    " status INT NOT NULL, reason INT NOT NULL, value TEXT NOT NULL, PRIMARY KEY(schedule, seq))"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE outbox(no INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, host "
    "TEXT NOT NULL, url TEXT NOT NULL,"
    " body TEXT NOT NULL, created INT NOT NULL, due INT NOT NULL, attempts INT NOT NULL DEFAULT 0) "
    "STRICT;"
    "CREATE INDEX outbox_due ON outbox(due, host);",
    /* 4: ends of the daemon without an orderly stop (unclean.c). life: one row; is_running:
     * a daemon has started and has not stopped in order; ends: such ends in a row. watched: chunks,
     * and rows of the outbox as those of job 0; n_begun: so many of the first items may be begun;
     * ends: how many they were open at; is_open: this daemon has begun them. noted: items, and rows
     * of the outbox; is_begun: by this daemon. */
    "CREATE TABLE life(one INTEGER PRIMARY KEY CHECK(one = 1), is_running INT NOT NULL, ends INT "
    "NOT NULL) STRICT;"
    "INSERT INTO life(one, is_running, ends) VALUES(1, 0, 0);"
    "CREATE TABLE watched(job INT NOT NULL, no INT NOT NULL, n_begun INT NOT NULL, ends INT NOT "
    "NULL,"
    " is_open INT NOT NULL, PRIMARY KEY(job, no)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE noted(job INT NOT NULL, chunk INT NOT NULL, idx INT NOT NULL, is_begun INT NOT "
    "NULL, PRIMARY KEY(job, idx)) STRICT, WITHOUT ROWID;",
    /* 5: sums of what is packed, null in older rows. identity: which database this is. removal:
     * jobs that were removed and whose files may be there still. */
    "ALTER TABLE result ADD COLUMN sum INT;"
    "ALTER TABLE chunk ADD COLUMN sum INT;"
    "CREATE TABLE identity(one INTEGER PRIMARY KEY CHECK(one = 1), id BLOB NOT NULL) STRICT;"
    "INSERT INTO identity(one, id) VALUES(1, randomblob(16));"
    "CREATE TABLE removal(id BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;"
    "INSERT INTO removal(id) SELECT id FROM job WHERE garbage = 2 AND kind > 0 AND state < 16;",
};

enum { VERSION = sizeof(steps) / sizeof(steps[0]) };

enum err schema_apply(struct db *db)
{
	int64_t version = 0;
	enum err e = db_read_pragma(db, "PRAGMA user_version", &version);

	if (e != OK)
		return e;
	if (version > VERSION) {
		snprintf(
		    db->why, sizeof(db->why), "it was written by a newer version of this program");
		return ERR_INVALID;
	}
	for (; version < VERSION; version++) {
		char set_version[64];
		snprintf(set_version, sizeof(set_version), "PRAGMA user_version = %lld; COMMIT",
		    (long long)version + 1);
		int code = sqlite3_exec(db->handle, "BEGIN IMMEDIATE", NULL, NULL, NULL);
		if (code == SQLITE_OK)
			code = sqlite3_exec(db->handle, steps[version], NULL, NULL, NULL);
		if (code == SQLITE_OK)
			code = sqlite3_exec(db->handle, set_version, NULL, NULL, NULL);
		if (code != SQLITE_OK) {
			e = db_error(db, code);
			sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
			return e;
		}
	}
	return OK;
}
