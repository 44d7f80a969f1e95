/* Chunks as they are stored, with how far each of them is. Inside the SQLite backend. Thread: the
 * connection's. */
#pragma once

#include "sqlite/db.h"

/* Read what STATEMENT_SELECT_*CHUNK* select. False: it is damaged. */
bool db_read_chunk(sqlite3_stmt *s, struct stored_chunk *ret_chunk);

/* Note how far a chunk of a STORE_PUT is: one that is finished goes, or is kept. */
enum err db_put_progress(
    struct db *db, const struct store_op *op, const struct chunk_progress *progress) MUST_CHECK;

/* Take over what version 5 of the schema knew: results of open chunks lie behind job.low_seq.
 * Inside the transaction that makes version 6. */
enum err db_take_over_progress(struct db *db) MUST_CHECK;
