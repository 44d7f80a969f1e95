/* Inside the DNS engine. A lookup is always in one of these states:
 *
 *   waiting --> queued --> asked --> (done)
 *      ^          ^          |
 *      +- paused -+----------+
 *
 * waiting: for room at a server that may be asked; queued: on a server's list of what is to be
 * sent, with a place in its window; asked: on the wire; paused: between two attempts. Thread: loop.
 */
#pragma once

#include "dns/asks.h"
#include "dns/engine.h"
#include "dns/query.h"
#include "dns/socket.h"
#include "dns/stats.h"
#include "dns/udp.h"
#include "dns/wheel.h"
#include "model/bucket.h"
#include "model/window.h"

#define DNS_TICK (250 * USEC_PER_MSEC)

enum { MAX_TRIED = 8, MAX_PORTS = 16, MAX_RECONNECTS = 2, KEPT_ASKS = 4 };

enum lookup_state { LOOKUP_FREE, LOOKUP_WAITING, LOOKUP_QUEUED, LOOKUP_ASKED, LOOKUP_PAUSED };

struct dns_lookup {
	TAILQ_ENTRY(dns_lookup) link; /* of the list that belongs to the state */
	struct wheel_entry timer;
	struct dns_engine *engine;
	dns_lookup_fn *on_done;
	void *arg;
	enum lookup_state state;
	struct server *only;        /* it is asked and nobody else; NULL: any */
	struct server *server;      /* where it has a place in the window, or NULL */
	struct ask asks[KEPT_ASKS]; /* the last ones: late answers to those before still count */
	unsigned current;           /* which is the last one */
	usec_t timeout, sent_at, deadline, patience_end;
	unsigned n_attempts, max_attempts;
	uint16_t type, flags;
	uint16_t n_wire, n_question;
	bool wants_tcp, is_plain;            /* over TCP; without EDNS */
	bool is_mixed;                       /* its letters are in random case */
	bool had_case, had_cookie, had_edns; /* asked again for that reason already */
	bool is_refused, is_overdue; /* the server's port is closed; its place is given back */
	uint8_t n_tried, n_tries, n_reconnects, n_zone; /* the last: as in dns_question */
	struct server *tried[MAX_TRIED];
	bool has_failed[MAX_TRIED]; /* it answered, with a failure */
	struct dns_try tries[DNS_MAX_TRIES];
	uint8_t wire[DNS_QUERY_MAX];
};

TAILQ_HEAD(lookup_list, dns_lookup);

struct health;
struct tcp;

/* What health checks say of a server. */
enum honesty { UNCHECKED, UNPROVEN /* no answer */, HONEST, LYING };

struct server {
	struct dns_engine *engine; /* borrowed */
	struct endpoint endpoint;
	struct window window;
	struct bucket bucket, pace; /* what the settings allow, and what the server bears */
	uint64_t n_answers_then, n_timeouts_then; /* at the last tick */
	usec_t ticked_at, pace_hold_until;
	double pace_lost;                /* the last pace that was too fast; 0: none */
	struct port_list ports, retired; /* those that are drained */
	size_t n_ports;
	struct lookup_list outbox, tcp_outbox;
	TAILQ_ENTRY(server) busy;          /* while the outbox has something */
	struct tcp *tcp;                   /* owned; NULL: not connected */
	const struct dns_carrier *carrier; /* owned; NULL: UDP and TCP */
	struct asks *carried;              /* owned; what the carrier brought */
	size_t n_in_flight;
	usec_t srtt, rttvar;
	double cut;       /* share of answers by UDP that were truncated */
	usec_t tcp_until; /* it is asked over TCP alone until then */
	bool has_tcp;     /* it has answered over TCP */
	bool is_guarded, has_no_edns, has_edns, has_no_case, has_cookies;
	unsigned n_case_changes;
	uint8_t cookie[DNS_COOKIE_MAX], n_cookie;
	bool is_unreachable; /* there is no route; it is tried again with each tick */
	bool is_refusing, is_rested, is_unhealthy; /* the last: as counted in the engine */
	enum honesty honesty;
	usec_t check_at;             /* its next health check; 0: not known */
	TAILQ_ENTRY(server) resting; /* while it is unhealthy */
	bool is_busy, is_logged;     /* the last: as rested */
	usec_t logged_at;
	double blame;                              /* share of failures that others made good */
	usec_t probe_at, probe_period, renewed_at; /* the last: its sockets, all being deaf */
	struct dns_server_stats stats;
};

struct dns_engine {
	struct loop *loop; /* borrowed */
	struct server *servers;
	size_t n_servers, n_unhealthy, n_unchecked, n_lying, next_server;
	TAILQ_HEAD(, server) resting; /* the unhealthy ones; the next to be tried first */
	struct health *health;        /* owned; NULL: no checks */
	struct dns_lookup *lookups;   /* owned; memory from n_used on was never touched */
	size_t max_lookups, n_used, n_lookups, n_waiting;
	struct lookup_list spare, waiting;
	TAILQ_HEAD(, server) busy;
	struct wheel wheel;
	struct defer turn;
	struct timer later; /* when a server's limit or buffer lets it send more */
	struct timer tick;  /* while there are lookups */
	bool is_serving;    /* a turn will follow */
	size_t n_ports, max_ports, guarded_ports; /* sockets; the last: of a guarded server */
	bool is_short; /* of sockets: until the next tick those are asked that have some */
	enum dns_strategy strategy;
	bool use_tcp, fails_without_route;
	usec_t pause;
	void (*on_room)(void *arg), *on_room_arg;
	struct udp_batch *batch; /* owned */
	struct socket_calls calls;
};
