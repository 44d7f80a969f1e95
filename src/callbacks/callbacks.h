/* Callbacks (webhooks): rows of the store's outbox are delivered when they are due, at least once
 * each, and tried again until the receiver has one, refuses it, or it is too old. Nothing is timed
 * while nothing waits. Thread: loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

struct callbacks;
struct loop;
struct poster;
struct problem;
struct store;
struct suspects;

/* Deliveries at one time, in all and to one host; for the poster too. */
enum { CALLBACKS_MOST = 32, CALLBACKS_MOST_PER_HOST = 4 };

struct callbacks_opts {
	struct loop *loop; /* all borrowed for the life of the callbacks */
	struct store *store;
	struct suspects *suspects;
	struct poster *poster;
	usec_t back_off; /* the longest pause after the first attempt; doubled with each, up to
			    an hour */
	usec_t lifetime; /* no attempt is made when it is over */
};

/* NULL: the system refuses. */
struct callbacks *callbacks_new(const struct callbacks_opts *opts);
/* After store_stop and the delivery of what it left; what is under way is dropped. */
void callbacks_free(struct callbacks *callbacks);

/* Start to deliver what is in the outbox. Called again, look there again. The poster must be
 * ready. */
void callbacks_start(struct callbacks *callbacks);

/* Change the pause and the age for attempts that end from now on. */
void callbacks_set_times(struct callbacks *callbacks, usec_t back_off, usec_t lifetime);

/* A row was committed to the outbox. Cheap: may be called for each of many. NULL is fine. */
void callbacks_wake(struct callbacks *callbacks);

/* Begin no more deliveries. */
void callbacks_drain(struct callbacks *callbacks);

/* Deliveries under way, and those whose end is not committed yet. */
size_t callbacks_in_flight(const struct callbacks *callbacks);

/* Judge a callback URL by what is known before its name is resolved. If it may not be connected to,
 * add that to the problem, at `pointer`. */
void callbacks_judge(const struct callbacks *callbacks, const char *url, const char *pointer,
    struct problem *problem);

/* The pause after so many failed attempts, at least 1: anything up to `first`, doubled each time,
 * and up to an hour ("full jitter"); `chance` is any number. */
usec_t callbacks_back_off(usec_t first, uint32_t attempts, uint64_t chance);
