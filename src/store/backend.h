/* What a backend of the store does: a database and how it is spoken to. SQLite's is in sqlite/. All
 * functions block. Inside the store and its backends. */
#pragma once

#include <stdatomic.h>

#include "store/store.h"

struct database; /* one that this daemon alone has open. Thread: any */
struct db;       /* a connection to it. Thread: one at a time */
struct chores;   /* what it needs beside transactions. Thread: the writer's, except where said */

STAILQ_HEAD(store_op_list, store_op);

/* What the chores report, in a thread of their own. */
struct chores_events {
	void (*on_change)(void *arg); /* chores_wait may say something else now */
	void (*on_fatal)(const char *why, void *arg);
	void *arg;
};
#define CHORES_NEVER ((usec_t)-1)

struct backend {
	/* Open the database at `place`, making or migrating it, with the connection that writes. On
	 * an error *ret_why is new text. ERR_BUSY: another daemon has it. */
	enum err (*open)(
	    const char *place, struct database **ret_database, struct db **ret_db, char **ret_why);
	void (*close)(struct database *database); /* after the last connection; NULL is fine */
	/* Say whether it is in its place. Otherwise the next start won't find what is written. */
	bool (*is_there)(const struct database *database);
	/* Open a connection that reads. */
	enum err (*connect)(struct database *database, struct db **ret_db, char **ret_why);
	void (*disconnect)(struct db *db);     /* NULL is fine */
	const char *(*why)(const struct db *); /* the text of its last error, borrowed */
	/* Make a copy, as store_copy_start; a thread of its own, with no connection. ERR_BUSY:
	 * *is_cancelled became true. */
	enum err (*copy)(
	    struct database *database, atomic_bool *is_cancelled, struct store_copy *ret_copy);

	/* At the start, in this order. */
	bool (*can_shrink)(const struct db *db);
	enum err (*identity)(struct db *db, struct id *ret_id);
	enum err (*count)(struct db *db, enum job_state state, uint64_t *ret_n);
	/* Begin the life of a daemon, in a transaction of its own: find out how the one before
	 * ended, and give what it noted its result. On an error nothing has changed. */
	enum err (*begin_life)(struct db *db, struct store_life *ret_life);
	enum err (*each_schedule)(struct db *db,
	    void (*on_schedule)(const struct schedule *schedule, void *arg), void *arg);
	enum err (*recover)(
	    struct db *db, void (*on_job)(struct unfinished_job *job, void *arg), void *arg);
	enum err (*end_life)(struct db *db); /* when the start failed; else STORE_CLEAN */

	/* Run one operation that reads; sets op->err. */
	void (*read)(struct db *db, struct store_op *op);
	/* Run the writes of `ops` in one transaction. Each operation's own failure is in its err;
	 * the return value is not OK when the transaction as a whole failed, and nothing of it was
	 * kept. */
	enum err (*write)(struct db *db, struct store_op_list *ops);
	/* Write and delete a mebibyte, to see whether the database can be written and has room. */
	enum err (*touch)(struct db *db);

	/* `db` is the writer's connection; all is borrowed. */
	struct chores *(*chores_new)(
	    struct database *database, struct db *db, const struct chores_events *events);
	void (*chores_free)(struct chores *chores); /* after the writer has ended; NULL is fine */
	/* After each transaction and each chore: see how things are. `is_stuck`: the database can't
	 * be written; `has_garbage`: the transaction left rows to delete. */
	void (*chores_look)(struct chores *chores, bool is_stuck, bool has_garbage);
	/* How long to wait before the next chore. 0: it is due; CHORES_NEVER. */
	usec_t (*chores_wait)(struct chores *chores);
	/* Do a slice of some milliseconds, which is a transaction of its own. */
	enum err (*chores_do)(struct chores *chores);
	struct store_size (*chores_size)(struct chores *chores); /* thread: any */
	bool (*chores_are_left)(struct chores *chores);          /* thread: any */
};
