/* What is begun and what is suspect (sqlite_watch.c). Inside the SQLite backend. Thread: the
 * writer's. */
#pragma once

#include "store/sqlite.h"

/* Put notes in place of those before. */
enum err db_put_notes(struct db *db, const struct stored_note *all, size_t n) MUST_CHECK;
enum err db_unwatch(struct db *db, int64_t job_no, int64_t no) MUST_CHECK;
/* The chunks of a PUT. */
enum err db_unwatch_chunks(struct db *db, const struct store_op *op) MUST_CHECK;
