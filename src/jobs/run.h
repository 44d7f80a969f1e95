/* Inside jobs: a run is a job that has not ended, its open input, and its results not committed
 * yet.
 * An item waits in an open chunk, is in flight as a struct item, is settled when its record stands
 * in the run's block, and shows once the block is committed:
 *
 *   waiting --items--> in flight --checker--> settled --store--> committed
 *
 * Thread: loop. */
#pragma once

#include <uthash.h>

#include "jobs/chunks.h"
#include "jobs/due_heap.h"
#include "jobs/jobs.h"
#include "jobs/opts.h"
#include "jobs/waiting.h"
#include "model/bucket.h"
#include "model/pace.h"

/* Where a run stands:
 *
 *            +--------------------- paused ---------------------+
 *            v                        ^                         |
 *   new --> later --run_at--> waiting --a place is free--> active
 *
 * Only active ones begin items. Those that are paused come back to where they would be now; any may
 * end. See life.c. */
enum place { PLACE_NONE, PLACE_LATER, PLACE_PAUSED, PLACE_WAITING, PLACE_ACTIVE, N_PLACES };

struct run {
	struct core *core;
	struct job job; /* as committed; only `running` shows before its commit */
	UT_hash_handle hh;
	enum place place;
	TAILQ_ENTRY(run) link; /* in core->waiting while it waits for a place */
	usec_t waits_since;    /* monotonic; while it waits */
	TAILQ_ENTRY(run) turn; /* in its lane's ring while has_turn */
	uint32_t n_turn;       /* items that it may still begin in this turn */
	TAILQ_ENTRY(run) dirt; /* in core->dirty while is_dirty */
	bool has_turn, is_dirty;
	bool is_held;       /* it is paused, or will be once that is committed */
	unsigned n_pauses;  /* operations that pause or resume it, under way */
	unsigned n_cancels; /* operations that cancel it, under way: nothing else is committed */
	struct due_entry agenda_entry; /* in core->agenda; its key is a wall time */
	bool is_gone; /* ended or deleted: freed when the store has given back all operations */
	unsigned n_ops;

	TAILQ_HEAD(, open_chunk)
	chunks; /* input; oldest first; those with items to begin are at the end */
	struct open_chunk *current; /* the one whose items are begun now; NULL: none has any */
	uint32_t next_chunk;        /* number to claim from */
	bool is_claiming, is_all_claimed;
	uint32_t n_suspects; /* of the open chunks */
	bool is_recovered;   /* it is from before the daemon's start */
	uint64_t n_aliases;  /* not copied yet */
	bool has_aliases;
	bool is_copying;
	size_t n_done;    /* items with results from before a crash */
	uint32_t *done;   /* owned, ascending; NULL when none */
	size_t n_failed;  /* those of them that failed */
	uint32_t *failed; /* owned, ascending; NULL when none */
	uint64_t low_seq; /* they lie behind this number */

	/* work */
	TAILQ_HEAD(, item) items;
	uint32_t n_items, n_saving; /* in flight, and those of them only being saved; counted, since
				       each beginning of an item asks */
	struct bucket bucket;
	struct timer bucket_timer;

	/* results settled and not yet given to the store */
	struct buf block;
	uint32_t n_block;
	uint64_t block_counts[ITEM_N_STATUSES];
	uint32_t *finished_chunks; /* owned */
	size_t n_finished_chunks;
	uint32_t *kept_chunks; /* owned; finished, and kept for a retry */
	size_t n_kept_chunks;
	uint64_t n_settled;        /* of the job, those committed included */
	uint64_t n_denied;         /* settled since the start of the daemon: targets not allowed */
	enum job_state next_state; /* what the next commit makes of it; see run_set_next */
	enum job_reason next_reason;
	bool is_ending; /* the commit under way ends it */

	/* of a schedule's run: */
	struct plan *plan;      /* NULL: none, or it was deleted */
	LIST_ENTRY(run) sister; /* in plan->runs */
	uint64_t changes_after; /* those it found lie behind this number in the log */
	uint64_t n_changes;     /* as far as is known */

	struct pace pace;
	LIST_HEAD(, subscription) subscriptions;
};
