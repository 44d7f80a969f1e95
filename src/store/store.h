/* The store remembers jobs, their input and their results; this is its face in the loop's thread.
 * Each request is an operation handed over and given back: writes are gathered into transactions by
 * one writer thread (group commit), reads run on connections of their own. What an operation
 * reports has been committed and synced to disk.
 *
 * When the database can't be written (disk full, read-only), operations that carry results are kept
 * and tried again each second until they succeed, all others fail at once with ERR_FULL,
 * ERR_READ_ONLY or ERR_IO; or with ERR_GONE while one of the database's files is not in its place
 * any more. When a sync fails the data on disk is unknown: on_fatal is called and
 * the process must end. Thread: loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "store/store_life.h"
#include "store/store_op.h"

struct backend;
struct mailbox;
struct store;

struct store_events {
	void (*on_writable)(bool is_writable, enum err why, void *arg); /* it changed */
	void (*on_fatal)(const char *why, void *arg);
	void *arg;
};

/* Open the database at `place`, as `backend` takes it, making or migrating it; reads may start
 * then. On an error *ret_why is new text. */
enum err store_open(const struct backend *backend, const char *place, struct mailbox *mailbox,
    const struct store_events *events, struct store **ret_store, char **ret_why) MUST_CHECK;

/* Call `on_schedule` for each schedule, without its job; what it is given stays the store's. Before
 * store_recover. */
enum err store_each_schedule(struct store *store,
    void (*on_schedule)(const struct schedule *schedule, void *arg), void *arg) MUST_CHECK;

/* Call `on_job` for each job that has not ended, oldest first; it may start reads. Writes may start
 * afterwards. ERR_SYSTEM: no thread could be started. */
enum err store_recover(struct store *store, void (*on_job)(struct unfinished_job *job, void *arg),
    void *arg) MUST_CHECK;

/* How it was before the store was opened; borrowed. */
const struct store_life *store_life(const struct store *store);

/* Note that the daemon stops in order: the last write before store_stop. */
void store_end_clean(struct store *store);

/* Which database this is: made with it, and kept by its copies. Borrowed. */
const struct id *store_id(const struct store *store);

/* Ended jobs in the store when it was opened, by state. */
uint64_t store_count(const struct store *store, enum job_state state);

/* Work off all operations (those that can't be written are given up) and end the threads. What is
 * started from now on fails with ERR_BUSY when store_refuse is called; that returns whether there
 * was any. */
void store_stop(struct store *store);
bool store_refuse(struct store *store);
void store_free(struct store *store); /* after store_stop, with no operation open */

/* Make an operation, zeroed. */
struct store_op *store_op_new(
    enum store_verb verb, void (*on_done)(struct store_op *op), void *arg);
void store_op_free(struct store_op *op); /* for one that was not started */

/* Hand over an operation. Writes are carried out in the order started, reads in any. */
void store_start(struct store *store, struct store_op *op);

/* Have the writer look whether the database's files are in their place; on_writable tells when they
 * are not. It looks before each transaction anyway. */
void store_look(struct store *store);
/* Say whether one of them was not in its place when the writer looked last. */
bool store_is_gone(const struct store *store);

bool store_is_writable(const struct store *store);

/* The size of the database, in bytes. */
struct store_size {
	uint64_t used; /* by what is in it */
	uint64_t free; /* of its file, for what comes; given back when it is much */
	uint64_t log;  /* of the write-ahead log that is in use */
};

/* How big the database was after the last commit. */
struct store_size store_size(const struct store *store);

/* Whether removed jobs still have rows to delete or free space to return. This is done when nothing
 * else waits. */
bool store_has_chores(const struct store *store);

/* Whether the database file can shrink. False if an older version created the file and there was no
 * space to rebuild it when it was opened. */
bool store_can_shrink(const struct store *store);

/* A copy of the database as it was at one moment: a file without a name. */
struct store_copy {
	enum err err; /* ERR_FULL: no room for it; ERR_BUSY: the store was stopped */
	int fd;       /* open for reading, the callee's; -1 on an error */
	uint64_t n_bytes;
};
typedef void store_copied_fn(const struct store_copy *copy, void *arg);

/* Make a copy beside the database; neither reads nor writes wait for it. `on_done` is called once,
 * never before this returned, unless this fails: ERR_BUSY when one is being made or the store was
 * stopped, ERR_SYSTEM when there is no thread to be had. */
enum err store_copy_start(struct store *store, store_copied_fn *on_done, void *arg) MUST_CHECK;

/* Writes that wait: above STORE_QUEUE_MANY no more should be made. */
size_t store_n_queued(const struct store *store);
enum { STORE_QUEUE_MANY = 4096 };

/* How long the writer has been at what it does now, on the monotonic clock; 0 while it waits. More
 * than some seconds: the disk does not answer. */
usec_t store_write_age(const struct store *store);
