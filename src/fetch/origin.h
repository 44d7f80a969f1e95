/* Limits and order of transfers for each host, over all jobs. A transfer waits here until its host
 * can be reached and a place is free:
 *
 * - at most `per_host` concurrent transfers, or `streams` over two connections with HTTP/2, and
 * fewer while the host is overloaded: the window doubles each round at first, is halved by a
 * response such as 503 or a time-out, and then grows by one each round;
 * - at most `rate` transfers per second;
 * - none before the time in Retry-After of the port;
 * - at most `total` concurrent transfers over all hosts, which take turns.
 *
 * A host has one name, window and rate for all its ports. A port (the origin) has its own queue,
 * Retry-After and address. Before a transfer starts, all addresses of the host are tried (race.h).
 * Following transfers use the address that responded until a connection to it fails. If no address
 * responds, this counts as one attempt for all waiting transfers, and the origin rests before it is
 * tried again. A transfer that has waited as long as all its attempts may take fails with the same
 * result without a new try. An origin also rests if TLS fails three times in a row; then one
 * transfer tries it again.
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
struct origins;
struct url;

/* A transfer's place, embedded in it. */
struct ticket {
	TAILQ_ENTRY(ticket) link;
	struct origin *origin; /* NULL: neither waiting nor running */
	bool is_running, is_failed;
	usec_t started_at;
	usec_t resolve; /* out: how long it waited for the host's address */
	usec_t connect; /* out: how long the connection of ticket_take_socket took */
	usec_t queued_at;
	usec_t patience;        /* as ticket_queue was told */
	struct address address; /* where to connect to; meaningful while it runs */
};

/* How a transfer ended, as far as the host is concerned. */
enum origin_outcome {
	ORIGIN_GOOD,      /* an answer that says nothing about load */
	ORIGIN_CONGESTED, /* told to slow down, or no answer */
	ORIGIN_UNKNOWN    /* it ended for reasons of our own */
};

/* Why a ticket did not start. */
struct origin_failure {
	enum reason reason; /* DNS_NOT_FOUND, DNS_ERROR, DENIED_TARGET, CONNECT, TIMEOUT or TLS */
	const char *detail; /* for people; borrowed until the call returns */
	bool is_attempt;    /* the host was tried in vain: the ticket may be queued again */
};

struct origins_opts {
	struct loop *loop;
	struct checker *checker; /* resolves names; borrowed */
	unsigned total, per_host;
	unsigned streams; /* in the place of per_host, of an origin that speaks HTTP/2 */
	double rate;      /* a second and host; 0: no limit */
	usec_t connect_timeout;
	/* May this be connected to? NULL, or why not; static. */
	const char *(*judge)(const struct endpoint *to, void *arg);
	/* The ticket has its place: start. */
	void (*on_start)(struct ticket *ticket, void *arg);
	/* The ticket is out. */
	void (*on_failed)(struct ticket *ticket, const struct origin_failure *failure, void *arg);
	void *arg;
};

struct origins *origins_new(const struct origins_opts *opts);
/* Change the limits; what runs goes on. */
void origins_set_limits(struct origins *origins, unsigned total, unsigned per_host, double rate);
void origins_set_streams(struct origins *origins, unsigned streams);
void origins_set_connect_timeout(struct origins *origins, usec_t connect_timeout);
void origins_free(struct origins *origins); /* with no ticket in it */

/* Wait for a place at the URL's host. `patience`: how long all attempts may take to find out that
 * the host can't be reached. Calls nothing before it returned. */
void ticket_queue(
    struct origins *origins, struct ticket *ticket, const struct url *url, usec_t patience);

/* Give up the place or the wait for it; nothing is called any more. */
void ticket_release(struct origins *origins, struct ticket *ticket, enum origin_outcome outcome);

/* All below are for a ticket with its place. The connection that showed the way, if nobody took it
 * yet, the caller's now; -1: none. */
int ticket_take_socket(struct ticket *ticket);

/* An answer came. */
void ticket_note_answer(struct ticket *ticket, bool is_http2);

/* How many connections its origin may have; 0: any number. */
unsigned ticket_most_connections(const struct ticket *ticket);
/* These had no stream left for it. */
void ticket_is_crowded(struct ticket *ticket);

/* No answer came from its address: others are tried first for a while, in a new race. */
void ticket_avoid_address(struct ticket *ticket);
/* Say whether there is an address that is not avoided. */
bool ticket_has_other_address(const struct ticket *ticket);

/* Its connection was made, but not TLS: REASON_TLS, or REASON_TIMEOUT. */
void ticket_blame(struct ticket *ticket, enum reason reason, const char *detail);

/* Say whether a connection to its host is worth keeping: it was used before, or others wait. */
bool ticket_keeps_connection(const struct ticket *ticket);

/* Let nothing more start at the ticket's origin for `delay`. */
void ticket_hold_origin(struct ticket *ticket, usec_t delay);

size_t origins_running(const struct origins *origins);
size_t origins_count(const struct origins *origins); /* hosts */
