/* The DNS engine: asks name servers, many questions at a time, and ties every verdict to its
 * question.
 *
 * An answer counts only when it comes from the server that was asked (connected sockets), carries
 * the id of a question on that socket, and repeats the whole question. Anything else is counted and
 * never ends a question. Failures and time-outs are asked of other servers first; a lookup ends
 * without an answer only when every server that works had its say. How many questions a server has
 * at a time is found by trying (model/window.h).
 *
 * Memory for lookups is taken once, when the engine is made. Thread: loop. */
#pragma once

#include "base/clock.h"
#include "dns/answer.h"
#include "dns/carrier.h"
#include "model/address.h"

struct loop;
struct dns_engine;
struct dns_lookup;

enum { DNS_MAX_TRIES = 4, DNS_MAX_WINDOW = 1000 };

enum dns_strategy {
	DNS_SPREAD, /* servers are asked in turn */
	DNS_ORDER   /* the first that works is asked, as resolv.conf(5) has it */
};

/* Protection against forged answers: the case of letters (0x20) and cookies (RFC 7873). */
enum dns_guard {
	DNS_GUARD_REMOTE /* not for servers on loopback */,
	DNS_GUARD_ALL,
	DNS_GUARD_NONE
};

struct dns_server_opts {
	struct endpoint endpoint;          /* where it is, for people if a carrier asks */
	const struct dns_carrier *carrier; /* owned by the engine; NULL: UDP and TCP */
	double max_qps;                    /* 0: no limit */
};

struct dns_opts {
	const struct dns_server_opts *servers; /* borrowed for the call */
	size_t n_servers;
	size_t max_lookups; /* at a time; 0: 8192 */
	enum dns_strategy strategy;
	enum dns_guard guard;
	bool
	    fails_without_route; /* questions end, and don't wait, while no server can be reached */
	bool use_tcp;            /* for all questions, as `options use-vc` */
	usec_t pause; /* before a server that failed is asked the same again; 0: a second */

	/* Health checks, made when there are several servers: at the start and each so often (0:
	 * never), and a name that every server must know (NULL: none is asked for). */
	usec_t check_every;
	const struct dns_name *known_name; /* borrowed for the call */
};

/* Make an engine. No servers is legal: there is never room then. */
struct dns_engine *dns_engine_new(struct loop *loop, const struct dns_opts *opts);
void dns_engine_free(struct dns_engine *engine); /* not in a callback; lookups are dropped */

/* Lookups that may start now. */
size_t dns_engine_room(const struct dns_engine *engine);
size_t dns_engine_n_lookups(const struct dns_engine *engine);

/* How long the next time-out has been due without being served; 0: it isn't. The timers have
 * stopped when this grows. */
usec_t dns_engine_overdue(const struct dns_engine *engine);

/* The machine's addresses or routes have changed: ask by new sockets, also what is asked now. A
 * socket that is connected keeps the address it was made with, and hears nothing once that is gone.
 */
void dns_engine_on_network(struct dns_engine *engine);

/* Note that more would be started if there were room: the windows learn from it. */
void dns_engine_want_room(struct dns_engine *engine);

/* Call `on_room` when lookups have ended and there is room. It may start and cancel lookups. */
void dns_engine_set_on_room(struct dns_engine *engine, void (*on_room)(void *arg), void *arg);

/* One question to one server and what came of it. */
struct dns_try {
	struct endpoint server;
	size_t index; /* of the server, as it was given */
	enum dns_outcome outcome;
	uint16_t rcode; /* of an answer */
	usec_t rtt;
	bool is_tcp;
};

struct dns_result {
	enum dns_outcome outcome;        /* of the try that decided */
	const struct dns_answer *answer; /* NULL: none came in time */
	unsigned n_attempts, n_tries;
	const struct dns_try *tries; /* the last ones, the deciding one at the end */
};

struct dns_question {
	const struct dns_name *name; /* borrowed for the call */
	uint16_t type;
	uint16_t flags;    /* DNS_FLAG_RD, AD, CD */
	usec_t timeout;    /* of an attempt; more than 0 */
	unsigned attempts; /* at least 1 */
	/* The servers are asked as authorities of a zone: its name is the last octets of `name`, so
	 * many; a referral to a name below it is an answer. 0: they recurse. */
	uint8_t n_zone;
	/* Ask this one only when no other works; borrowed for the call; NULL: ask any. */
	const struct endpoint *avoid;
};

/* Called exactly once, never before dns_lookup_start returned; the lookup is dead then. `result`
 * and what it borrows live until the callback returns. The callback may start and cancel lookups.
 */
typedef void dns_lookup_fn(const struct dns_result *result, void *arg);

/* Start a lookup. NULL when max_lookups are under way; otherwise it may wait for room. */
struct dns_lookup *dns_lookup_start(struct dns_engine *engine, const struct dns_question *question,
    dns_lookup_fn *on_done, void *arg);
void dns_lookup_cancel(struct dns_lookup *lookup); /* the callback will not be called */
