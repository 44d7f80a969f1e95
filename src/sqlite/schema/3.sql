-- The life-time of jobs, schedules, callbacks. chunk.is_kept: worked off, and kept because some of its items failed.
-- outcome: what a target's last result in a run of the schedule was; change: what it was before.
ALTER TABLE job ADD COLUMN priority INT NOT NULL DEFAULT 5;
ALTER TABLE job ADD COLUMN paused INT NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN reason INT NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN run_at INT NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN deadline INT NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN callback TEXT;
ALTER TABLE job ADD COLUMN schedule INT NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN schedule_id BLOB;
ALTER TABLE job ADD COLUMN retry_of BLOB;
ALTER TABLE chunk ADD COLUMN is_kept INT NOT NULL DEFAULT 0;
CREATE INDEX job_finished ON job(finished) WHERE finished > 0 AND garbage = 0;
CREATE INDEX job_label ON job(label, id) WHERE label IS NOT NULL;
CREATE INDEX job_paused ON job(id) WHERE paused = 1;
CREATE INDEX chunk_open ON chunk(job, no) WHERE is_kept = 0;
CREATE INDEX job_schedule ON job(schedule_id, id) WHERE schedule_id IS NOT NULL;
CREATE TABLE schedule(no INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, revision INT NOT NULL,
    garbage INT NOT NULL DEFAULT 0, name TEXT, every TEXT, cron TEXT, zone TEXT, overlap INT NOT NULL,
    catch_up INT NOT NULL, jitter TEXT, paused INT NOT NULL, callback TEXT, job TEXT NOT NULL, created INT NOT NULL,
    updated INT NOT NULL, settled INT NOT NULL DEFAULT 0, last INT NOT NULL DEFAULT 0, last_job BLOB,
    last_state INT NOT NULL DEFAULT 0, runs INT NOT NULL DEFAULT 0, skipped INT NOT NULL DEFAULT 0,
    changes INT NOT NULL DEFAULT 0) STRICT;
CREATE INDEX schedule_garbage ON schedule(no) WHERE garbage > 0;
CREATE INDEX schedule_name ON schedule(name, id) WHERE name IS NOT NULL;
CREATE TABLE outcome(schedule INT NOT NULL, target TEXT NOT NULL, status INT NOT NULL, reason INT NOT NULL,
    value TEXT NOT NULL, since INT NOT NULL, job BLOB NOT NULL, PRIMARY KEY(schedule, target)) STRICT, WITHOUT ROWID;
CREATE TABLE change(schedule INT NOT NULL, seq INT NOT NULL, at INT NOT NULL, job BLOB NOT NULL, target TEXT NOT NULL,
    from_status INT NOT NULL, from_reason INT NOT NULL, from_value TEXT NOT NULL, status INT NOT NULL,
    reason INT NOT NULL, value TEXT NOT NULL, PRIMARY KEY(schedule, seq)) STRICT, WITHOUT ROWID;
CREATE TABLE outbox(no INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, host TEXT NOT NULL,
    url TEXT NOT NULL, body TEXT NOT NULL, created INT NOT NULL, due INT NOT NULL,
    attempts INT NOT NULL DEFAULT 0) STRICT;
CREATE INDEX outbox_due ON outbox(due, host);
