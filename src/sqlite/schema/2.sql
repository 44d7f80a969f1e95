-- Files to fetch. file: the saved files of a job, with the result that tells of each.
ALTER TABLE job ADD COLUMN ok INT NOT NULL DEFAULT 0;
CREATE TABLE file(job INT NOT NULL, name TEXT NOT NULL, seq INT NOT NULL, PRIMARY KEY(job, name)) STRICT,
    WITHOUT ROWID;
