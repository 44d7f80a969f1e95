/* Values that the store keeps beside jobs and results. Thread: any. */
#pragma once

#include "base/clock.h"
#include "base/id.h"
#include "model/chunk.h"
#include "model/file.h"
#include "model/job.h"
#include "wire/result_text.h"

/* An item whose name another item of the job has too: it is not asked, its result is copied from
 * item `first`. */
struct alias {
	uint32_t index, first;
};

/* A saved file as it is told to clients. */
struct stored_file {
	char *name, *content_type, *content_encoding; /* owned; the last two may be NULL: none */
	uint64_t n_bytes;
	usec_t saved_at; /* wall */
	uint8_t digest[FILE_DIGEST_SIZE];
};

void stored_file_done(struct stored_file *file);

/* A chunk as stored: `no` counts from 0 within the job. */
struct stored_chunk {
	uint32_t no;
	struct chunk chunk;
	struct chunk_mask done; /* out: items that have their results, or are aliases */
	bool has_failed;        /* out: some of those that have results failed */
	uint32_t
	    n_suspects; /* of its first items: those may be the cause of a crash (store_life.h) */
};

/* How far a chunk is. */
struct chunk_progress {
	uint32_t no;
	enum { CHUNK_OPEN, CHUNK_FINISHED, CHUNK_KEPT } state; /* KEPT: finished, for a retry */
	bool has_failed;        /* of an open one: some of its items failed */
	struct chunk_mask done; /* of an open one: as in struct stored_chunk */
};

/* Results of a job, in all. */
struct job_totals {
	uint64_t completed, counts[ITEM_N_STATUSES];
};

/* Items of a chunk of the operation's job that are begun, or may be from now on: the first
 * `n_begun`. Of job 0: a row of the outbox, with 1. `n_ends`: the unclean ends at which it was, or
 * may have been, open before. */
struct stored_watch {
	int64_t no;
	uint32_t n_ends, n_begun;
};

/* A suspect item; of job 0: a row of the outbox, whose number is `index`. */
struct stored_note {
	int64_t job_no, index;
	uint32_t chunk;
	bool is_begun; /* no: it was, with others, at an unclean end before */
};

enum { STORE_MAX_NOTES = 1024 };

struct stored_notes {
	size_t n;                /* at most STORE_MAX_NOTES */
	struct stored_note *all; /* owned */
};

/* An ended job that was forgotten. */
struct retired_job {
	struct id id;
	enum job_kind kind;
	enum job_state state;
};

/* Of the jobs that ended before `before`, those first that ended first. */
struct retirement {
	usec_t before;            /* wall */
	uint64_t n_bytes;         /* only until about as many come free; 0: no such end */
	uint64_t n_freed;         /* out: how many that is; not told without n_bytes */
	uint32_t max, n;          /* n: out */
	struct retired_job *jobs; /* owned, out: n of them */
	bool is_more;             /* out: there are more */
};

struct idempotency {
	uint8_t fingerprint[16];
	char *key; /* owned; NULL: none */
};

/* Where an operation met damage: with ERR_DAMAGED, or it passed over a row. */
struct store_damage {
	enum {
		DAMAGED_NOTHING,
		DAMAGED_RESULTS, /* `first` to `last`; last 0: it isn't known how far */
		DAMAGED_INPUT,   /* chunk number `first` */
		DAMAGED_JOB,     /* `id` */
		DAMAGED_SCHEDULE,
		DAMAGED_CHANGE,   /* number `first` of schedule `job_no` */
		DAMAGED_OUTCOME,  /* of schedule `job_no` */
		DAMAGED_CALLBACK, /* row `first` of the outbox */
		DAMAGED_OTHER,
		N_DAMAGES
	} what;
	struct id id;
	uint64_t first, last;
};
