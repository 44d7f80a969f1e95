/* Runs up to 8192 checks of names concurrently. Knows nothing about jobs. Thread: loop. */
#pragma once

#include <stddef.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "model/result.h"
#include "model/spec.h"

struct loop;
struct checker;
struct dns_carrier;
struct check;
struct name_server;
struct hosts;

struct checker_opts {
	const struct endpoint *servers; /* borrowed for the call */
	size_t n_servers;
	char *const *urls; /* likewise; of those that `make_carrier` reaches; or NULL */
	/* Makes what asks a server at a URL, for the engine to own. */
	const struct dns_carrier *(*make_carrier)(
	    const char *url, const struct endpoint *server, void *arg);
	void *carrier_arg;
	size_t max_checks;  /* at a time; 0: 8192 */
	bool is_uncounted;  /* not in the metrics of name servers */
	bool is_denied;     /* the servers may not be asked: checks end as errors by policy */
	bool use_evdns;     /* it asks for addresses first: 32 servers, over UDP, without max_qps */
	bool use_tcp;       /* the DNS engine asks everything over TCP */
	bool has_no_aaaa;   /* names are found by IPv4 addresses alone: AAAA is not asked */
	bool is_implied;    /* nobody named the servers: a name waits until one answers */
	bool in_order;      /* the DNS engine asks the first server that works, not all in turn */
	usec_t check_every; /* health checks of servers by the DNS engine; 0: none */
	const char *known_name; /* borrowed: every server must know it; empty: none */
	bool asks_authorities;  /* delegations are asked of the authorities of the parent */
	double max_qps;         /* of each server; 0: no limit */
	usec_t pause; /* before a server that failed is asked the same again; 0: a second */
	const char *hosts_path; /* borrowed; NULL: no hosts file */
	usec_t timeout;         /* of an attempt, when the check doesn't say */
	uint32_t attempts;      /* when the check doesn't say; at least 1 */
};

/* Make a checker. An unreadable hosts file is an empty one. */
struct checker *checker_new(struct loop *loop, const struct checker_opts *opts);
void checker_free(struct checker *checker); /* checks under way are dropped, without a call */

/* Ask other servers from now on, also for checks under way, which begin anew. Not in a callback. */
void checker_set_servers(struct checker *checker, const struct checker_opts *opts);

/* Say which authorities may be asked, whose addresses come from the DNS: none before this is
 * called. Checks of delegations begin anew. Not in a callback. */
void checker_set_policy(struct checker *checker,
    bool (*may_ask)(const struct endpoint *authority, void *arg), void *arg);

/* Use this hosts file from now on; it is taken. NULL: none. */
void checker_set_hosts(struct checker *checker, struct hosts *hosts);

/* The machine's addresses or routes have changed. */
void checker_on_network(struct checker *checker);

/* Change the defaults of checks that start from now on. */
void checker_set_defaults(struct checker *checker, usec_t timeout, uint32_t attempts);

/* Probes that may start now. 0 may be said although none is under way: checker_set_on_room tells
 * when to ask again. */
size_t checker_room(struct checker *checker);
void checker_set_on_room(struct checker *checker, void (*on_room)(void *arg), void *arg);

/* A further callback for room. It is embedded in its owner, which stops it before the checker is
 * freed.
 */
struct room_listener {
	LIST_ENTRY(room_listener) link;
	void (*on_room)(void *arg); /* must not start or stop listening */
	void *arg;
};
void room_listen(struct room_listener *listener, struct checker *checker);
void room_listen_stop(struct room_listener *listener);
/* The nth name server of the DNS engine; false when there are fewer. */
bool checker_name_server(const struct checker *checker, size_t nth, struct name_server *ret_server);

/* Servers that can be asked for a second opinion of a delegation. */
size_t checker_n_servers(const struct checker *checker);

size_t checker_in_flight(const struct checker *checker);

/* How long a question has been without its end past the time at which it is given up; 0: none is.
 */
usec_t checker_overdue(const struct checker *checker);

/* Which addresses a name is asked for: IPv6 when it has no IPv4, those of one family alone, or
 * both, in the order of enum address_family. The hosts file answers a request that isn't a job's
 * with both in any case. */
enum check_families { CHECK_ANY, CHECK_ONLY_V4, CHECK_ONLY_V6, CHECK_BOTH };

struct check_request {
	enum job_check check;
	uint32_t index;               /* copied into the result */
	enum check_families families; /* unless `asked` says; CHECK_BOTH is for that alone */
	const char *name;             /* borrowed for the call; normalised, not terminated */
	size_t name_len;
	usec_t timeout;                 /* of an attempt; 0: the checker's */
	uint32_t attempts;              /* 0: the checker's */
	const struct check_spec *asked; /* borrowed for the call; NULL: nothing special */
	/* Ask this server only when no other works, for a second opinion; of CHECK_DELEGATION.
	 * Borrowed for the call; NULL: ask any. */
	const struct endpoint *avoid;
};

/* Called exactly once, never before check_start returned; the check is dead then. `result` and what
 * it borrows live until the callback returns. The callback may start checks. */
typedef void check_fn(const struct result *result, void *arg);

/* Start a check. There must be room. */
struct check *check_start(
    struct checker *checker, const struct check_request *request, check_fn *on_done, void *arg);

/* End a check without its callback. */
void check_cancel(struct check *check);
