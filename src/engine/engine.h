/* The engine carries out one probe at a time for whoever asks, and knows nothing of jobs. Thread:
 * loop. */
#pragma once

#include <stddef.h>

#include "base/clock.h"
#include "engine/resolver_evdns.h"
#include "model/result.h"
#include "model/spec.h"

struct loop;
struct engine;
struct probe;

struct engine_opts {
	struct resolver_opts resolver;
	bool use_evdns; /* it asks, not the DNS engine (dns/engine.h) */
	bool in_order;  /* the DNS engine asks the first server that works, not all in turn */
	usec_t pause;   /* before a server that failed is asked the same again; 0: a second */
	const char *hosts_path; /* borrowed; NULL: no hosts file */
	usec_t timeout;         /* of an attempt, when the probe doesn't say */
	uint32_t attempts;      /* when the probe doesn't say; at least 1 */
};

/* Make an engine; NULL when the resolver refuses. An unreadable hosts file is an empty one. */
struct engine *engine_new(struct loop *loop, const struct engine_opts *opts);
bool engine_has_hosts(const struct engine *engine); /* was it read? */
void engine_free(struct engine *engine); /* probes under way are dropped, without a call */

/* Change the defaults of probes that start from now on. */
void engine_set_defaults(struct engine *engine, usec_t timeout, uint32_t attempts);

/* Probes that may start now. 0 may be said although none is under way: engine_set_on_room tells
 * when to ask again. */
size_t engine_room(struct engine *engine);
void engine_set_on_room(struct engine *engine, void (*on_room)(void *arg), void *arg);
size_t engine_in_flight(const struct engine *engine);

/* How long a question has been without its end past the time at which it is given up; 0: none is.
 */
usec_t engine_overdue(const struct engine *engine);

struct probe_request {
	enum job_check check;
	uint32_t index;   /* copied into the result */
	const char *name; /* borrowed for the call; normalised, not terminated */
	size_t name_len;
	usec_t timeout;    /* of an attempt; 0: the engine's */
	uint32_t attempts; /* 0: the engine's */
};

/* Called exactly once, never before probe_start returned; the probe is dead then. `result` and what
 * it borrows live until the callback returns. The callback may start probes. */
typedef void probe_fn(const struct result *result, void *arg);

/* Start a probe. There must be room. */
struct probe *probe_start(
    struct engine *engine, const struct probe_request *request, probe_fn *on_done, void *arg);

/* End a probe without its callback. */
void probe_cancel(struct probe *probe);
