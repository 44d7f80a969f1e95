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
};

void stored_post_done(struct stored_post *post); /* frees the inside */

/* Callbacks that are due at wall time `now`, those first that have been so for longest. A clock
 * that was set back makes rows due that would otherwise wait for longer than any back-off. */
struct stored_outbox {
	usec_t now;
	uint32_t max, n;   /* n: out */
	char *passed_over; /* owned; hosts to leave out, each between line feeds; NULL: none */
	struct stored_post *posts; /* owned, out */
	usec_t next_due;    /* out: when the first of those not due yet is; 0: there is none */
	uint64_t n_waiting; /* out: all rows, due or not */
};

/* How an attempt ended. Kept and tried again while the database can't be written, since a row that
 * was delivered must not be taken for due. */
struct stored_attempt {
	int64_t no;   /* of the row */
	bool is_over; /* delivered or given up: the row goes */
	usec_t due;   /* else: when to try again, wall */
};
