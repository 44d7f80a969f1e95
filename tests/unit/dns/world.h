/* An engine, the servers that it asks, and the lookups of a test. */
#pragma once

#include "dns/engine.h"
#include "dns/stats.h"
#include "script.h"

enum { WORLD_SERVERS = 4 };

struct world {
	struct loop *loop;
	struct dns_engine *engine;
	struct script *scripts[WORLD_SERVERS];
	struct dns_opts opts; /* to be changed before world_open */
	struct dns_server_opts servers[WORLD_SERVERS];
	const struct endpoint *avoid; /* of lookups that are started from now on */
	usec_t timeout;
	unsigned attempts;
	size_t n_started, n_done;
	usec_t now; /* when world_begin was called */
};

/* What came of a lookup, copied. */
struct outcome {
	struct world *world;
	struct dns_lookup *lookup; /* NULL once it is done */
	bool is_done;
	enum dns_outcome outcome;
	unsigned n_attempts, n_tries, n_data;
	uint32_t ttl;
	uint16_t rcode;
	struct dns_try tries[DNS_MAX_TRIES];
};

void world_begin(struct world *w);
void world_add(struct world *w, script_fn *on_query, void *arg);
void world_add_closed(struct world *w); /* a server whose port is closed */
void world_open(struct world *w);
void world_end(struct world *w);

void world_start(struct world *w, struct outcome *o, const char *name);
void world_wait(struct world *w); /* until all are done */

/* Ask one name and return when it is done. */
struct outcome world_ask(struct world *w, const char *name);

struct dns_server_stats world_stats(const struct world *w, size_t server);
usec_t world_elapsed(const struct world *w);
