/* What may be asked of the store: operations, handed over with store_start and given back done.
 * Thread: any (one at a time). */
#pragma once

#include <sys/queue.h>

#include "base/err.h"
#include "model/job_filter.h"
#include "store/page.h"
#include "store/schedule_op.h"
#include "store/stored.h"
#include "store/stored_post.h"

enum store_verb {
#define VERB(id, ...) STORE_##id,
#include "store/verbs.def"
#undef VERB
	STORE_N_VERBS
};

struct store_op {
	STAILQ_ENTRY(store_op) link;
	enum store_verb verb;
	enum err err;                         /* out */
	void (*on_done)(struct store_op *op); /* loop; once; the store frees it afterwards */
	void *arg;
	struct store_damage damage; /* out */
	int64_t job_no; /* in; STAGE: 0 at first, then out; SUBMIT: that of STAGE or 0 */
	union {
		/* STAGE and SUBMIT. ERR_CONFLICT: the key was used with another fingerprint. */
		struct {
			size_t n_chunks, n_aliases;
			struct stored_chunk *chunks; /* owned */
			struct alias *aliases;       /* owned */
			uint64_t n_aliases_in_all;   /* SUBMIT: also those staged before */
			struct job job; /* SUBMIT; out: with its no, or that of the key */
			struct idempotency idempotency;
			bool is_replay; /* out: the key was known */
			/* SUBMIT of a schedule's run, whose job says which. ERR_CONFLICT: the due
			 * time is served, or another one, ERR_NOT_FOUND: the schedule is gone. */
			bool is_run;
			struct due_time due;
		} input;
		/* PUT. ERR_NOT_FOUND: the job was deleted. CANCEL: `state`, the times, `totals`
		 * and `changes` alone. ERR_NOT_FOUND: it has ended, or was deleted. */
		struct {
			uint32_t n;                       /* records in `block` */
			struct buf block;                 /* wire/record.h */
			uint64_t counts[ITEM_N_STATUSES]; /* of this block */
			size_t n_progress;
			struct chunk_progress *progress; /* owned: of the chunks of its items */
			bool has_aliases, has_files, is_watched; /* watched: the chunks may be */
			enum job_state state;
			enum job_reason reason;
			usec_t started_at, finished_at;
			struct job_totals totals; /* out: as the job's row has them now */
			struct run_changes changes;
		} put;
		/* PAUSE. ERR_NOT_FOUND: it has ended, or was deleted. */
		bool is_paused;
		/* DELETE, out: how the job stood. ERR_NOT_FOUND: it was deleted before. */
		enum job_state state;
		/* COPY: at most `max` aliases, in order. */
		struct {
			uint32_t max, n;                  /* n: out */
			uint64_t counts[ITEM_N_STATUSES]; /* out: of the copies */
			struct job_totals totals;         /* out: as the job's row has them now */
		} copy;
		struct retirement retire; /* RETIRE */
		struct chunks_page claim; /* CLAIM */
		/* LOAD: ERR_NOT_FOUND. */
		struct job job; /* in: id */
		/* LIST: jobs with an id below `before`; ids sort by the time of submission. */
		struct {
			struct id before;
			struct job_filter filter;
			uint32_t limit, n; /* n: out */
			struct job *jobs;  /* owned, out */
			bool is_more;      /* out */
		} list;
		struct failed_page failed; /* FAILED: ERR_NOT_FOUND when there is no such job */
		struct rows_page rows;     /* ROWS */
		struct files_page files;   /* FILES: ERR_NOT_FOUND when there is none of the name */
		struct stored_outbox outbox;     /* OUTBOX */
		struct stored_attempt attempt;   /* POSTED */
		struct stored_watch watch;       /* WATCH */
		struct stored_notes notes;       /* NOTE: in place of those before */
		struct folders_page folders;     /* FOLDERS; REMOVED: `removed` */
		struct schedule_write schedule;  /* SCHEDULE_ADD, EDIT, PASS, REMOVE, LOAD */
		struct schedules_page schedules; /* SCHEDULE_LIST */
		struct schedule_log log;         /* CHANGES, OUTCOMES */
	} u;
};

/* What the table of verbs says of an operation. Inside the store and its backends. */
bool store_op_writes(const struct store_op *op);
bool store_op_must_not_be_lost(const struct store_op *op);
bool store_op_leaves_garbage(const struct store_op *op); /* once it has succeeded */
