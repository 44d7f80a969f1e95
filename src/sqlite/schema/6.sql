-- Which items of a chunk have results already: a bit each, and whether some of them failed. In place of job.low_seq, behind
-- which such results lay (sqlite/progress.c takes them over). Records may have tagged fields from here on.
CREATE TABLE progress(job INT NOT NULL, no INT NOT NULL, done BLOB NOT NULL, failed INT NOT NULL,
 PRIMARY KEY(job, no)) STRICT, WITHOUT ROWID;
