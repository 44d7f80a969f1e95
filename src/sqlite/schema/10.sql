-- copy: all files that a run has of a target, for there may be several. known: what a later run needs to ask whether the file
-- has changed (model/file_copy.h); of a file that was not saved the name is empty. unchanged: results of such runs.
CREATE TABLE new_copy(schedule INT NOT NULL, target TEXT NOT NULL, job INT NOT NULL, name TEXT NOT NULL, id BLOB NOT NULL,
    known BLOB, PRIMARY KEY(schedule, target, job, name)) STRICT, WITHOUT ROWID;
INSERT INTO new_copy(schedule, target, job, name, id) SELECT schedule, target, job, name, id FROM copy;
DROP TABLE copy;
ALTER TABLE new_copy RENAME TO copy;
ALTER TABLE job ADD COLUMN unchanged INT NOT NULL DEFAULT 0;
