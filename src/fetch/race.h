/* Connects to one host by several addresses and keeps the connection that is made first (RFC 8305
 * section 5): an attempt begins 250 ms after the one before, or as soon as that one failed. The
 * race is lost when all attempts failed. Private to this room. Thread: loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "model/address.h"
#include "model/result.h"

struct loop;
struct race;

enum { RACE_MAX = 32, RACE_DETAIL = 160 };

struct race_outcome {
	bool is_won;
	size_t winner; /* its place in the list; all before it were tried */
	int fd;        /* the connection, the callee's now; -1: none */
	const bool *was_tried;
	/* of a race that is lost: */
	const char *denied; /* no address is allowed, this is why; static. NULL: one was tried */
	enum reason reason; /* CONNECT or TIMEOUT */
	const char *detail; /* for people; borrowed until the callback returns */
	usec_t duration;
};

/* Called once, never before race_start returned; the race is dead then. */
typedef void race_fn(const struct race_outcome *outcome, void *arg);

struct race_opts {
	struct loop *loop;
	const struct endpoint *endpoints; /* in order; copied */
	size_t n_endpoints;               /* from 1 to RACE_MAX */
	usec_t timeout;                   /* of one attempt */
	/* Asked before each attempt: NULL, or why it is not allowed; static. */
	const char *(*judge)(const struct endpoint *to, void *arg);
	race_fn *on_done;
	void *arg;
};

struct race *race_start(const struct race_opts *opts);
void race_cancel(struct race *race); /* nothing is called any more */
