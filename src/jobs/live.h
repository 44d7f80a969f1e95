/* Inside jobs: a live job is one that has not ended, with its open input and its results that are
 * not committed yet. An item waits in an open chunk, is in flight as a struct item, is settled once
 * its record is in the job's block, and becomes visible when the block is committed:
 *
 *   waiting --items--> in flight --lane--> settled --store--> committed
 *                       |    ^
 *                       +-> parked, until what it waits for has room
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

/* Where a live job stands:
 *
 *            +--------------------- paused ---------------------+
 *            v                        ^                         |
 *   new --> later --run_at--> waiting --a place is free--> active
 *
 * Only active jobs begin items. A paused job that is resumed goes where it would be now. A job may
 * end in any place. See places.c. */
enum place { PLACE_NONE, PLACE_LATER, PLACE_PAUSED, PLACE_WAITING, PLACE_ACTIVE, N_PLACES };

struct live_job {
	struct core *core;
	struct job job; /* as committed; only `running` shows before its commit */
	UT_hash_handle hh;
	enum place place;
	TAILQ_ENTRY(live_job) link; /* in core->waiting while it waits for a place */
	usec_t waits_since;         /* monotonic; while it waits */
	TAILQ_ENTRY(live_job) turn; /* in its lane's ring while has_turn */
	uint32_t n_turn;            /* items that it may still begin in this turn */
	TAILQ_ENTRY(live_job) dirt; /* in core->dirty while is_dirty */
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

	/* work */
	TAILQ_HEAD(, item) items;
	LIST_HEAD(, parking) parkings; /* of its items, one for each queue */
	uint64_t n_parked;             /* in all of them */
	uint32_t n_items, n_saving; /* in flight, and those of them only being saved; counted, since
				       each beginning of an item asks */
	struct bucket bucket;
	struct timer bucket_timer;

	/* results settled and not yet given to the store */
	struct buf block;
	uint32_t n_block;
	uint64_t block_counts[ITEM_N_STATUSES];
	struct chunk_progress *progress; /* owned; of chunks that are finished */
	size_t n_progress;
	uint64_t n_settled;        /* of the job, those committed included */
	uint64_t n_denied;         /* settled since the start of the daemon: targets not allowed */
	enum job_state next_state; /* what the next commit makes of it; see live_set_next */
	enum job_reason next_reason;
	bool is_ending; /* the commit under way ends it */

	/* of a run, which is a job made by a schedule: */
	struct plan *plan;           /* NULL: none, or it was deleted */
	LIST_ENTRY(live_job) sister; /* in plan->runs */
	uint64_t changes_after;      /* those it found lie behind this number in the log */
	uint64_t n_changes;          /* as far as is known */

	struct pace pace;
	LIST_HEAD(, subscription) subscriptions;
};
