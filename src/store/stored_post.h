/* Values of the outbox that the store keeps. Thread: any. */
#pragma once

#include "base/clock.h"
#include "base/id.h"

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
