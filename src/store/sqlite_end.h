/* Jobs that end without a result, and jobs that are removed. Inside the SQLite backend. Thread: the
 * writer's. */
#pragma once

#include "store/sqlite_db.h"

/* A job has ended: have that told. Results are not lost for a row that can't be told of. */
enum err db_tell_end(struct db *db, struct store_op *op) MUST_CHECK;
