/* What other files of the SQLite backend ask of sqlite_unclean.c. Thread: the writer's. */
#pragma once

#include "store/sqlite.h"

/* The verbs of sqlite_unclean.c: WATCH, NOTE, CLEAN, and the watched chunks of a PUT. */
enum err db_write_unclean(struct db *db, const struct store_op *op) MUST_CHECK;
enum err db_unwatch(struct db *db, int64_t job_no, int64_t no) MUST_CHECK;
enum err db_unwatch_chunks(struct db *db, const struct store_op *op) MUST_CHECK;
