-- Sums of what is packed, null in older rows. identity: which database this is. removal: jobs that were removed and
-- whose files may be there still.
ALTER TABLE result ADD COLUMN sum INT;
ALTER TABLE chunk ADD COLUMN sum INT;
CREATE TABLE identity(one INTEGER PRIMARY KEY CHECK(one = 1), id BLOB NOT NULL) STRICT;
INSERT INTO identity(one, id) VALUES(1, randomblob(16));
CREATE TABLE removal(id BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
INSERT INTO removal(id) SELECT id FROM job WHERE garbage = 2 AND kind > 0 AND state < 16;
