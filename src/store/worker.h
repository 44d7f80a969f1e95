/* The threads of the store: one that writes, some that read, one that makes copies. Inside the
 * store. Thread: loop, for all functions here. */
#pragma once

#include "store/backend.h"

struct writer;
struct reader;
struct copier;
struct mailbox;

/* What the writer reports, in the loop's thread. */
struct writer_events {
	/* A transaction ended; `ops` are done and owned by the callee. `e` is what became of it as
	 * a whole. */
	void (*on_batch)(
	    struct store_op_list *ops, enum err e, const char *why, usec_t duration, void *arg);
	void *arg;
};

/* Start a thread on `db`, which it owns from then on; `database` is borrowed. NULL when the system
 * refuses. */
struct writer *writer_new(const struct backend *backend, struct database *database, struct db *db,
    struct mailbox *mailbox, const struct writer_events *events);
void writer_look(struct writer *writer); /* as store_look */
void writer_add(struct writer *writer, struct store_op *op);
size_t writer_n_queued(struct writer *writer);
/* Since when it has carried out what it took last; 0: it waits. */
usec_t writer_busy_since(struct writer *writer);
struct store_size writer_size(struct writer *writer);
bool writer_has_chores(struct writer *writer);
/* Ask it to work off its queue and end; operations that can't be written fail. */
void writer_free(struct writer *writer);

/* Make copies of `database`, which is borrowed, when asked to. */
struct copier *copier_new(
    const struct backend *backend, struct database *database, struct mailbox *mailbox);
enum err copier_start(struct copier *copier, store_copied_fn *on_done, void *arg) MUST_CHECK;
void copier_stop(struct copier *copier); /* give up the one under way; NULL is fine */
/* When its mail is delivered; NULL is fine. */
void copier_free(struct copier *copier);

typedef void reader_done_fn(struct store_op *op, void *arg);

/* Start a thread on each of `dbs`, which they own from then on. */
struct reader *reader_new(const struct backend *backend, struct db **dbs, size_t n_dbs,
    struct mailbox *mailbox, reader_done_fn *on_done, void *arg);
void reader_add(struct reader *reader, struct store_op *op);
void reader_free(struct reader *reader);
