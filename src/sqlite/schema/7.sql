-- copy: the last file of a target that a schedule keeps the last one of: its name, and the job that has it.
CREATE TABLE copy(schedule INT NOT NULL, target TEXT NOT NULL, job INT NOT NULL, id BLOB NOT NULL, name TEXT NOT NULL,
    PRIMARY KEY(schedule, target)) STRICT, WITHOUT ROWID;
