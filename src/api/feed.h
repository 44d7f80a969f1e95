/* A response whose text is read from the store in pages, from a sequence number on, as long as the
 * client listens. The owner says what is read and when there is more. The feed requests a page when
 * the previous ones have been sent, keeps the connection alive, and survives a disconnect while a
 * page is being read. If the rest can't be read or was removed, the connection is aborted. Thread:
 * loop. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "api/api.h"
#include "http/request.h"
#include "loop/loop.h"

struct feed;

struct feed_kind {
	enum store_verb page;
	/* Whose rows it has, and what they are; for the answer when none can be shown. */
	const char *owner, *noun;
	/* Say which page: the one behind feed->after. */
	void (*ask)(struct feed *feed, struct store_op *op);
	/* Add a page to `out`, and note what it tells of those behind it. After an error the page
	 * has what was read before that, and the feed ends by itself. */
	void (*take)(struct feed *feed, const struct store_op *op);
	/* The client has gone or has all: end what the feed's owner holds. No call follows. */
	void (*leave)(struct feed *feed);
};

/* The first member of its owner, which lies on the heap and is freed with it. */
struct feed {
	const struct feed_kind *kind;
	struct request *rq; /* borrowed, as api */
	struct api *api;
	uint64_t after; /* rows up to this number were read */
	bool has_more;  /* there may be some behind it */
	bool is_ended;  /* nothing is asked for any more */
	bool is_failed; /* ended incomplete: abort the connection */
	bool is_whole;  /* refuse rather than answer a part, as long as that is not too long */
	bool is_begun, is_reading, is_closed;
	const char *content_type;
	struct buf out;
	uint64_t n_rows; /* in it, before the answer was begun */
	size_t n_sent;   /* bytes of `out` */
	struct timer heart_beat;
	struct timer life; /* of a live feed, since its last event */
	bool is_live;      /* it waits for events */
	bool is_events;    /* they are server-sent events */
	bool is_worn_out;  /* there was none for too long */
};

/* Read from `?after=` or, which wins, the header Last-Event-ID where to go on. False when one is
 * bad, and then the request was refused; absent: *ret_after stays. */
bool feed_read_after(struct request *rq, uint64_t *ret_after);

/* Prepare to read what is behind `after`. */
void feed_init(struct feed *feed, const struct feed_kind *kind, struct request *rq, struct api *api,
    uint64_t after);

/* Answer with it, once the first page is there: so what can't be read, or has gone, is refused by a
 * problem document. `is_live`: it waits for events, though not for ever. Whoever changes `out`,
 * has_more or is_ended later calls feed_wake. */
void feed_start(struct feed *feed, const char *content_type, bool is_live);
void feed_wake(struct feed *feed);
/* The same with server-sent events and their heart-beat. */
void feed_start_events(struct feed *feed);
