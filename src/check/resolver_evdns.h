/* Single DNS queries by evdns (libevent 2.1.12), used within the bounds in which it tells the
 * truth:
 *
 * - One evdns_base a server, so that each has identifiers, statistics and failures of its own.
 * - Its waiting queue is never used (it costs time in proportion to what is in flight, for each
 * answer): the window above it is far below its max-inflight.
 * - A query past its time-out is not cancelled but kept, because evdns finds questions by a 16-bit
 * identifier alone and would give the late answer to whoever got the identifier next. Only after
 * `give_up` is an identifier free again; an answer that comes later than that can still hit an
 * innocent query, so from then on NXDOMAIN answers of that server are marked doubtful for a minute.
 * - Its socket is connected, so that a reply from another port can't be taken for an answer.
 * - evdns reports SERVFAIL as a time-out; the two are told apart by the clock.
 *
 * Thread: loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/err.h"
#include "model/result.h"

struct loop;
struct resolver;
struct query;

enum { RESOLVER_MAX_SERVERS = 32, RESOLVER_MAX_WINDOW = 1000 };

struct resolver_opts {
	struct endpoint servers[RESOLVER_MAX_SERVERS];
	size_t n_servers;
	usec_t give_up; /* how long an identifier is kept; 0: 10 s. Longer than any time-out asked
			   for */
};

struct answer {
	enum rcode rcode;
	bool is_late;     /* it came after the time-out of its query */
	bool is_doubtful; /* an NXDOMAIN that a stray late answer could have caused */
	usec_t rtt;
	const struct endpoint *server; /* borrowed from the resolver */
	uint32_t ttl;
	size_t n_addresses;
	const struct address *addresses; /* borrowed; dead when the callback returns */
};

/* What a query reports. `on_timeout` is called at most once, when no answer came in time.
 * `on_answer` ends the query and is called exactly once: with the answer, which may be late, or
 * with RCODE_TIMEOUT when none will be waited for any more. Neither is called before query_start
 * returned. Both may start and drop queries. */
struct query_events {
	void (*on_answer)(struct query *query, const struct answer *answer, void *arg);
	void (*on_timeout)(struct query *query, void *arg);
};

/* Make a resolver; NULL when evdns refuses a server. One without a route to it is legal, and tried
 * again each second; there is no room with it meanwhile. No servers is legal: there is never room.
 */
struct resolver *resolver_new(struct loop *loop, const struct resolver_opts *opts);
void resolver_free(struct resolver *resolver); /* open queries are dropped */

size_t resolver_n_servers(const struct resolver *resolver);

/* Queries that may start now. */
size_t resolver_room(const struct resolver *resolver);

/* Note that more would be started if there were room: the windows learn from it. */
void resolver_want_room(struct resolver *resolver);

/* Call `on_room` whenever a query has ended and there is room again. */
void resolver_set_on_room(struct resolver *resolver, void (*on_room)(void *arg), void *arg);

/* Ask for `name` (normalised, NUL-terminated, copied). `avoid` is a server that should not be asked
 * again (query_server), or NULL. NULL when no server has room. `events` must outlive the query. */
struct query *query_start(struct resolver *resolver, const char *name, enum rrtype type,
    usec_t timeout, const struct endpoint *avoid, const struct query_events *events, void *arg);

/* How long evdns has owed the end of a query that it should have given up; 0: it owes none. Its
 * timers have stopped when this grows. */
usec_t resolver_overdue(const struct resolver *resolver);

const struct endpoint *query_server(const struct query *query);

/* Forget a query: nothing is reported any more. What comes back is still counted. */
void query_drop(struct query *query);
