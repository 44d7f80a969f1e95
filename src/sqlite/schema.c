/* The schema and its upgrades: schema/N.sql upgrades to version N in a transaction. `PRAGMA
 * user_version` is the version of a file. */
#include "sqlite/schema.h"

#include <stdio.h>

#include "sqlite/progress.h"

static enum err exec(struct db *db, const char *sql)
{
	int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? OK : db_error(db, code);
}

/* Make a version of the one before. */
static enum err take_step(struct db *db, const char *step, int64_t version)
{
	char set_version[64];
	enum err e = exec(db, "BEGIN IMMEDIATE");

	if (e == OK)
		e = exec(db, step);
	if (e == OK && version == 6) { /* what SQL can't do of it */
		e = db_take_over_progress(db);
		if (e == OK)
			e = exec(db, "ALTER TABLE job DROP COLUMN low_seq");
	}
	snprintf(set_version, sizeof(set_version), "PRAGMA user_version = %lld; COMMIT",
	    (long long)version);
	return e == OK ? exec(db, set_version) : e;
}

enum err schema_apply(struct db *db)
{
	int64_t version = 0;
	enum err e = db_read_pragma(db, "PRAGMA user_version", &version);

	if (e != OK)
		return e;
	if (version != 0 && schema_step(version - 1) == NULL) {
		snprintf(
		    db->why, sizeof(db->why), "it was written by a newer version of this program");
		return ERR_INVALID;
	}
	for (const char *step; e == OK && (step = schema_step(version)) != NULL; version++) {
		e = take_step(db, step, version + 1);
		if (e != OK)
			sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
	}
	return e;
}
