-- chunk: input, up to 1,000 items packed (model/chunk.h), deleted once all of them have results.
-- result: blocks of results (wire/record.h), append-only; seq: the number of a block's first record.
-- alias, leader: items with the name of an earlier one, and that one, with its result's seq once it is known.
-- job.low_seq: the results of open chunks lie behind it; recovery reads on from there.
CREATE TABLE job(no INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, state INT NOT NULL,
    garbage INT NOT NULL DEFAULT 0, kind INT NOT NULL DEFAULT 0, checked INT NOT NULL DEFAULT 0, label TEXT,
    concurrency INT NOT NULL DEFAULT 0, rate INT NOT NULL DEFAULT 0, timeout INT NOT NULL DEFAULT 0,
    attempts INT NOT NULL DEFAULT 0, total INT NOT NULL DEFAULT 0, completed INT NOT NULL DEFAULT 0,
    found INT NOT NULL DEFAULT 0, not_found INT NOT NULL DEFAULT 0, error INT NOT NULL DEFAULT 0,
    aliases INT NOT NULL DEFAULT 0, low_seq INT NOT NULL DEFAULT 0, created INT NOT NULL,
    started INT NOT NULL DEFAULT 0, finished INT NOT NULL DEFAULT 0) STRICT;
CREATE INDEX job_state ON job(state, id);
CREATE INDEX job_garbage ON job(no) WHERE garbage > 0;
CREATE TABLE chunk(job INT NOT NULL, no INT NOT NULL, first INT NOT NULL, n INT NOT NULL, items BLOB NOT NULL,
    PRIMARY KEY(job, no)) STRICT, WITHOUT ROWID;
CREATE TABLE result(job INT NOT NULL, seq INT NOT NULL, n INT NOT NULL, records BLOB NOT NULL, PRIMARY KEY(job,
    seq)) STRICT, WITHOUT ROWID;
CREATE TABLE alias(job INT NOT NULL, idx INT NOT NULL, first INT NOT NULL, PRIMARY KEY(job, idx)) STRICT,
    WITHOUT ROWID;
CREATE TABLE leader(job INT NOT NULL, idx INT NOT NULL, seq INT, PRIMARY KEY(job, idx)) STRICT, WITHOUT ROWID;
CREATE TABLE idempotency(key TEXT PRIMARY KEY, fingerprint BLOB NOT NULL, job INT NOT NULL,
    created INT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_job ON idempotency(job);
CREATE INDEX idempotency_created ON idempotency(created);
CREATE TABLE touch(one INTEGER PRIMARY KEY, filler BLOB NOT NULL) STRICT;
