/* The tables of the database. Inside the SQLite backend. */
#pragma once

#include "sqlite/db.h"

/* The SQL that makes version `version` + 1 of the one before; NULL when that is the present one.
 * Borrowed; made of schema/N.sql. */
const char *schema_step(int64_t version);

/* Make or migrate the tables. */
enum err schema_apply(struct db *db);
