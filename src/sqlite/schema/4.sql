-- Ends of the daemon without an orderly stop (unclean.c).
-- life: one row; is_running: a daemon has started and has not stopped in order; ends: such ends in a row.
-- watched: chunks, and rows of the outbox as those of job 0; n_begun: so many of the first items may be begun;
-- ends: how many they were open at; is_open: this daemon has begun them.
-- noted: items, and rows of the outbox; is_begun: by this daemon.
CREATE TABLE life(one INTEGER PRIMARY KEY CHECK(one = 1), is_running INT NOT NULL, ends INT NOT NULL) STRICT;
INSERT INTO life(one, is_running, ends) VALUES(1, 0, 0);
CREATE TABLE watched(job INT NOT NULL, no INT NOT NULL, n_begun INT NOT NULL, ends INT NOT NULL, is_open INT NOT NULL,
    PRIMARY KEY(job, no)) STRICT, WITHOUT ROWID;
CREATE TABLE noted(job INT NOT NULL, chunk INT NOT NULL, idx INT NOT NULL, is_begun INT NOT NULL, PRIMARY KEY(job,
    idx)) STRICT, WITHOUT ROWID;
