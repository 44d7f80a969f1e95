/* The schema and its upgrades: schema/N.sql upgrades to version N in a transaction. `PRAGMA
 * user_version` is the version of a file. */
#include "sqlite/schema.h"

#include <stdio.h>

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
	for (const char *step; (step = schema_step(version)) != NULL; version++) {
		char set_version[64];
		snprintf(set_version, sizeof(set_version), "PRAGMA user_version = %lld; COMMIT",
		    (long long)version + 1);
		int code = sqlite3_exec(db->handle, "BEGIN IMMEDIATE", NULL, NULL, NULL);
		if (code == SQLITE_OK)
			code = sqlite3_exec(db->handle, step, NULL, NULL, NULL);
		if (code == SQLITE_OK)
			code = sqlite3_exec(db->handle, set_version, NULL, NULL, NULL);
		if (code != SQLITE_OK) {
			e = db_error(db, code);
			sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
			return e;
		}
	}
	return OK;
}
