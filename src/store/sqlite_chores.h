/* What the database needs beside transactions. Inside the store. Thread: loop, except where said.
 */
#pragma once

#include "store/sqlite.h"

struct chores;
struct db_files;

/* What the chores report, in a thread of their own. */
struct chores_events {
	void (*on_change)(void *arg); /* chores_wait may say something else now */
	void (*on_fatal)(const char *why, void *arg);
	void *arg;
};

/* `db` is the writer's connection; all is borrowed. */
struct chores *chores_new(
    struct db *db, const struct db_files *files, const struct chores_events *events);
void chores_free(struct chores *chores); /* after the writer has ended; NULL is fine */

/* Thread: the writer's. After each transaction and each chore: see how things are. `is_stuck`: the
 * database can't be written; `has_garbage`: the transaction left rows to delete. */
void chores_look(struct chores *chores, bool is_stuck, bool has_garbage);
/* Thread: the writer's. How long to wait before the next chore; 0: it is due. */
usec_t chores_wait(struct chores *chores);
#define CHORES_NEVER ((usec_t)-1)
/* Thread: the writer's. Do a slice of some milliseconds, which is a transaction of its own. */
enum err chores_do(struct chores *chores) MUST_CHECK;

struct store_size chores_size(struct chores *chores);
bool chores_are_left(struct chores *chores);
