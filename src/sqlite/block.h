/* Blocks of results, read and checked. Inside the SQLite backend. Thread: the connection's. */
#pragma once

#include "sqlite/db.h"
#include "store/results.h"

/* What stands in the column `sum` for such bytes, that hold `n` results or items from number
 * `first` on. */
int64_t db_sum(const void *bytes, size_t len, uint64_t first, uint64_t n);

/* Read result `seq` of a job; what it borrows lives until STATEMENT_SELECT_BLOCK is used again,
 * which the caller sees to soon: a read left open keeps the log from starting anew. ERR_DAMAGED: it
 * is not there, or can't be read. ERR_NOT_FOUND: `seq` is 0, the item has none yet. */
enum err db_load_result(struct db *db, int64_t job_no, int64_t seq, struct result *ret_result)
    MUST_CHECK;

struct block {
	uint64_t first, n; /* number of its first result; results */
	const char *bytes; /* borrowed from the statement */
	size_t len;
	bool is_good;
};

/* A walk through the results of a job behind a number, all as of one moment. */
struct walk {
	struct results_walk base;
	struct db *db;
	sqlite3_stmt *job, *rows;
	struct block block;
	size_t offset;
	uint64_t at; /* number of the record at `offset` */
	enum err err;
	struct store_damage damage;
};

/* Start after the result `after`. ERR_NOT_FOUND: no such job; then there is nothing to end. */
enum err db_walk_begin(struct walk *w, struct db *db, int64_t job_no, uint64_t after) MUST_CHECK;
/* End it; returns how it went, and says in `op` where damage is. */
enum err db_walk_end(struct walk *w, struct store_op *op);
