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

/* A chunk as stored: `no` counts from 0 within the job. */
struct stored_chunk {
	uint32_t no;
	struct chunk chunk;
	uint32_t
	    n_suspects; /* of its first items: those may be the cause of a crash (store_life.h) */
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

enum { STORE_MAX_NOTES = 128 };

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

/* A callback that waits in the outbox. */
struct stored_post {
	int64_t no;
	struct id id;     /* the same for all attempts */
	char *url, *host; /* owned; host with its port */
	char *body;       /* owned; JSON */
	size_t body_len;
	usec_t created_at; /* wall */
	uint32_t attempts;
	bool is_suspect; /* of a crash: see struct store_life */
};

void stored_post_done(struct stored_post *post); /* frees the inside */

/* Callbacks that are due at wall time `now`, those first that have been so for longest. A clock
 * that was set back makes rows due that would otherwise wait for longer than any back-off. */
struct stored_outbox {
	usec_t now;
	uint32_t max, n;   /* n: out */
	char *passed_over; /* owned; hosts to leave out, each between line feeds; NULL: none */
	bool without_suspects;
	struct stored_post *posts; /* owned, out */
	usec_t next_due;    /* out: when the first of those not due yet is; 0: there is none */
	uint64_t n_waiting; /* out: all rows, due or not */
};

/* How an attempt ended. Kept and tried again while the database can't be written, since a row that
 * was delivered must not be taken for due. */
struct stored_attempt {
	int64_t no;   /* of the row */
	bool is_over; /* delivered or given up: the row goes */
	bool is_watched;
	usec_t due; /* else: when to try again, wall */
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
