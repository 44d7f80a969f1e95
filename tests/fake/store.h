/* A store (store/store.h) in memory, which completes operations when the test lets it. Only what it
 * has completed is remembered, so a crash is easy to have. It fails the test when an item gets a
 * second result, or a block that is none. Linked in place of the real one. Thread: loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "loop/loop.h"
#include "outbox.h"
#include "schedules.h"
#include "store/store.h"
#include "watched.h"

struct fake_item {
	uint32_t index;
	enum item_status status;
	enum reason reason;
	char name[256]; /* cut */
};

struct fake_job {
	struct job job;
	bool is_submitted, is_deleted, is_removed; /* removed: its files are known to be gone */
	size_t n_chunks, n_aliases;
	struct stored_chunk *chunks; /* owned; those not finished, ascending */
	struct alias *aliases;       /* owned; those not copied */
	size_t n_kept;
	struct stored_chunk *kept; /* owned; finished, and kept for a retry */
	size_t n_results;
	struct fake_item *results; /* owned; in the order of completion */
	bool *has_result;          /* owned; by index */
	struct idempotency idempotency;
};

struct store *fake_store_new(struct loop *loop);

/* Give the operations that wait back unfinished, as if the process had died before they were
 * carried out. To be followed by core_free. */
void fake_store_crash(struct store *store);

/* While it holds, operations wait; fake_store_release completes the oldest `n` of them. */
void fake_store_hold(struct store *store, bool is_holding);
void fake_store_hold_reads(struct store *store, bool is_holding); /* these alone */
void fake_store_release(struct store *store, size_t n);
size_t fake_store_n_waiting(const struct store *store, enum store_verb verb);

/* Have writes fail with `e`, OK to have them succeed again. Those with results are kept. */
void fake_store_fail_writes(struct store *store, enum err e);
/* The same for one verb, reading or writing, whatever the others do. */
void fake_store_fail_verb(struct store *store, enum store_verb verb, enum err e);
/* Have reads fail with `e`. */
void fake_store_fail_reads(struct store *store, enum err e);

/* How big it is to say it is, and whether something is left to be done of what was forgotten. */
void fake_store_set_size(struct store *store, uint64_t used, bool has_chores);
/* Have a job that has ended. RETIRE takes each for a megabyte. */
void fake_store_add_ended(struct store *store, const struct job *job);

/* The job that was made as the i-th, from 0; NULL behind the last. Staged input counts. */
const struct fake_job *fake_store_job(const struct store *store, size_t i);
/* Rows that wait for their delivery. A job that ends and asked for it adds one, for called.test. */
struct fake_outbox *fake_store_outbox(struct store *store);
/* Carry out a LIST, and a FOLDERS. Of the fake itself. */
void fake_store_list(const struct store *store, struct store_op *op);
void fake_store_folders(const struct store *store, struct store_op *op);
/* Operations carried out, by verb. */
size_t fake_store_n_done(const struct store *store, enum store_verb verb);

/* What it was told after unclean ends. */
struct fake_watched *fake_store_watched(struct store *store);
/* An end without an orderly stop: what was noted is given its result. Before bench_crash. */
void fake_store_end_unclean(struct store *store);

struct fake_schedules *fake_store_schedules(struct store *store); /* borrowed */
