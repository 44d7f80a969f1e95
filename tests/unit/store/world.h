/* What the tests of the store share: a loop with a store on a database of its own, operations that
 * are waited for, and a second pair of eyes on the database. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "loop/loop.h"
#include "loop/mailbox.h"
#include "store/store.h"

enum { MAX_JOBS = 16 };

struct world {
	char dir[64];
	char path[96]; /* of the database */
	struct loop *loop;
	struct mailbox *mailbox;
	struct store *store;
	struct timer tick;
	unsigned n_open; /* operations under way */
	unsigned n_done;
	/* what the store reported */
	int n_unwritable, n_writable, n_fatal;
	enum err why;
	struct unfinished_job unfinished[MAX_JOBS];
	size_t n_unfinished;
};

/* Make a world with a directory, without a store. */
void world_init(struct world *w);
void world_done(struct world *w); /* stops the store when there is one */

/* Open the database; *ret_why as store_open. */
enum err world_try(struct world *w, char **ret_why) MUST_CHECK;
/* Open the database and recover; what has not ended is in `unfinished`. */
void world_start(struct world *w);
/* Stop the store and deliver all that is done; operations that were refused are done too. */
void world_stop(struct world *w);

/* Start an operation; when it is done *ret_op is a copy of it, for the caller to free. NULL: it is
 * not kept. */
void world_begin(struct world *w, struct store_op *op, struct store_op **ret_op);
/* Run the loop until `is_true`; false when that takes longer than 20 seconds. Asserts nothing. */
bool world_wait(struct world *w, bool (*is_true)(struct world *w));
bool world_is_idle(struct world *w); /* no operation is under way */
/* Start an operation and wait for it; returns it, for the caller to free. */
struct store_op *world_call(struct world *w, struct store_op *op);
/* As world_call; returns its error and frees it. */
enum err world_run(struct world *w, struct store_op *op);

/* No read is left open, and nothing is swept just now: the log starts anew. */
bool world_log_is_free(struct world *w);
/* Ask the database directly for a number. */
int64_t world_sql(struct world *w, const char *sql);

/* Make operations. Item i of any job is named as item_name says. */
const char *item_name(uint32_t index);
enum item_status item_status_of(uint32_t index);
struct store_op *make_op(enum store_verb verb, int64_t job_no);
/* STAGE or SUBMIT of `n_chunks` chunks of `n_each` items, the first of which is chunk `first_no`.
 */
struct store_op *make_input(
    enum store_verb verb, uint32_t first_no, uint32_t n_chunks, uint32_t n_each);
void set_key(struct store_op *op, const char *key, int fingerprint);
void add_alias(struct store_op *op, uint32_t index, uint32_t first);
/* PUT of results of items `from` up to `to`, not including it. */
struct store_op *make_put(int64_t job_no, uint32_t from, uint32_t to, enum job_state state);
void add_result(struct store_op *put, uint32_t index);
void use_chunk(struct store_op *put, uint32_t no);
void keep_chunk(struct store_op *put, uint32_t no);
/* Its items from place `from` up to `to` are done. */
void mark_chunk(struct store_op *put, uint32_t no, uint32_t from, uint32_t to);
struct store_op *make_rows(int64_t job_no, uint64_t after, uint64_t limit);

/* Submit such a job; returns its number. */
int64_t submit_job(struct world *w, uint32_t n_chunks, uint32_t n_each);
