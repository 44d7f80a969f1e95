-- asked: what a check asks for beyond the names (model/check_spec.h), null when nothing special.
ALTER TABLE job ADD COLUMN asked BLOB;
