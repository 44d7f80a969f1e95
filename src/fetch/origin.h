/* Hosts that files come from: whose turn it is, and how hard a host may be pressed, all jobs taken
 * together. A transfer waits here until its host's address is known and a place is free:
 *
 * - at most `per_host` at one time, and fewer while the host shows that this is too much: the
 * window doubles a round at first, is halved by an answer such as 503 or a time-out, and then grows
 * by one a round;
 * - at most `rate` a second;
 * - none before the time that the host asked for by Retry-After;
 * - at most `total` at one time over all hosts, which take turns.
 *
 * Thread: loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "model/result.h"

struct checker;
struct loop;
struct origin;
struct origins;
struct url;

enum { ORIGIN_MAX_ADDRESSES = 8 };

/* A transfer's place, embedded in it. */
struct ticket {
	TAILQ_ENTRY(ticket) link;
	struct origin *origin; /* NULL: neither waiting nor running */
	bool is_running;
	usec_t started_at;
	usec_t resolve; /* out: how long it waited for the host's address */
	usec_t queued_at;
};

/* How a transfer ended, as far as the host is concerned. */
enum origin_outcome {
	ORIGIN_GOOD,      /* an answer that says nothing about load */
	ORIGIN_CONGESTED, /* told to slow down, or no answer */
	ORIGIN_UNKNOWN    /* it ended for reasons of our own */
};

struct origins_opts {
	struct loop *loop;
	struct checker *checker; /* resolves names; borrowed */
	unsigned total, per_host;
	double rate; /* a second and host; 0: no limit */
	/* The ticket has its place: start. */
	void (*on_start)(struct ticket *ticket, void *arg);
	/* The host has no address, REASON_DNS_NOT_FOUND or REASON_DNS_ERROR: the ticket is out. */
	void (*on_unresolved)(
	    struct ticket *ticket, enum reason reason, const char *detail, void *arg);
	void *arg;
};

struct origins *origins_new(const struct origins_opts *opts);
/* Change the limits; what runs goes on. */
void origins_set_limits(struct origins *origins, unsigned total, unsigned per_host, double rate);
void origins_free(struct origins *origins); /* with no ticket in it */

/* Wait for a place at the URL's host. Calls nothing before it returned. */
void ticket_queue(struct origins *origins, struct ticket *ticket, const struct url *url);

/* Give up the place or the wait for it; nothing is called any more. */
void ticket_release(struct origins *origins, struct ticket *ticket, enum origin_outcome outcome);

/* For a ticket with its place: the addresses of its host, borrowed until it is released. */
const struct address *ticket_addresses(const struct ticket *ticket, size_t *ret_n);

/* Say whether a connection to its host is worth keeping: it was used before, or others wait. */
bool ticket_keeps_connection(const struct ticket *ticket);

/* Let nothing more start at the ticket's host for `delay`. */
void ticket_hold_host(struct ticket *ticket, usec_t delay);

size_t origins_running(const struct origins *origins);
size_t origins_count(const struct origins *origins);
