/* The SQLite database as a whole: what the backend's table (sqlite.c) and the chores are made of,
 * all blocking. Inside the SQLite backend. Thread: each connection belongs to one thread. */
#pragma once

#include "store/backend.h"

/* Open a connection; the first one, the writer's, makes or migrates the schema. *ret_why is new
 * text on an error. */
enum err db_open(const char *path, bool is_writer, struct db **ret_db, char **ret_why) MUST_CHECK;
void db_close(struct db *db);
const char *db_path(const struct db *db); /* borrowed */

/* As in struct backend. */
const char *db_why(const struct db *db);
bool db_can_shrink(const struct db *db);
enum err db_identity(struct db *db, struct id *ret_id) MUST_CHECK;
enum err db_count(struct db *db, enum job_state state, uint64_t *ret_n) MUST_CHECK;
enum err db_begin_life(struct db *db, struct store_life *ret_life) MUST_CHECK;
enum err db_end_life(struct db *db) MUST_CHECK;
enum err db_each_schedule(struct db *db,
    void (*on_schedule)(const struct schedule *schedule, void *arg), void *arg) MUST_CHECK;
enum err db_recover(struct db *db, void (*on_job)(struct unfinished_job *job, void *arg), void *arg)
    MUST_CHECK;
void db_read(struct db *db, struct store_op *op);
enum err db_write(struct db *db, struct store_op_list *ops) MUST_CHECK;
enum err db_touch(struct db *db) MUST_CHECK;

/* Delete some rows of removed jobs, for a few milliseconds; *ret_is_more: there are more. */
enum err db_sweep(struct db *db, bool *ret_is_more) MUST_CHECK;

/* Give a slice of the file's free pages back to the file system; the file itself gets shorter with
 * the next checkpoint. */
enum err db_shrink(struct db *db) MUST_CHECK;

/* How big the database is after the last commit; pages in its write-ahead log. */
enum err db_measure(struct db *db, struct store_size *ret_size) MUST_CHECK;
int db_wal_pages(const struct db *db);

/* Checkpoint and reset the write-ahead log; with `wants_room` truncate its file too. Delays commits
 * for some milliseconds at most. ERR_BUSY: active reads need the log. */
enum err db_checkpoint(struct db *db, bool wants_room) MUST_CHECK;

/* Write a consistent copy of the database to a new file at `path`, mode 0600, while commits and
 * reads continue. ERR_FULL: not enough disk space. ERR_BUSY: *is_cancelled, which may be NULL, was
 * set. On an error the file is removed. */
enum err db_copy(struct db *db, const char *path, atomic_bool *is_cancelled) MUST_CHECK;
