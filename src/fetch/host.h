/* Hosts: their addresses, and the limits for all their ports together. Private to
 * this room. Thread: loop. */
#pragma once

#include <stdint.h>
#include <sys/queue.h>
#include <uthash.h>

#include "fetch/origin.h"
#include "fetch/race.h"
#include "loop/loop.h"
#include "model/bucket.h"
#include "model/url.h"

enum naming { UNRESOLVED, RESOLVING, RESOLVED };
enum family { FAMILY_V4, FAMILY_V6, N_FAMILIES };

/* A question for the addresses of one family. */
struct naming_question {
	struct host *host;
	struct check *check; /* NULL: it was answered */
	enum item_status status;
	enum reason reason;
};

struct host {
	UT_hash_handle hh;
	struct origins *origins;
	LIST_HEAD(, origin) ports;
	unsigned n_running;
	bool is_http2; /* one of its origins is */
	uint64_t n_done;
	/* limits */
	double window;
	bool is_opening; /* doubling until the first sign of trouble */
	usec_t closed_at;
	struct bucket bucket;
	struct timer wake;
	/* where it is */
	enum naming naming;
	struct naming_question questions[N_FAMILIES];
	struct timer resolution; /* the other family is waited for no longer */
	usec_t resolving_since, expires_at;
	size_t n_addresses;
	struct address addresses[RACE_MAX];
	bool is_literal;
	char name[]; /* the key */
};

struct host *host_get(struct origins *origins, const struct url *url);
void host_free(struct host *h);
/* Say whether the addresses are known and fresh; ask for them otherwise. */
bool host_is_resolved(struct host *h, usec_t now);
unsigned host_limit(const struct host *h);
/* The host has said that it takes many: the window is at least this wide, unless there was trouble.
 */
void host_open(struct host *h, unsigned window);
/* Learn from how a transfer ended. */
void host_adapt(struct host *h, const struct ticket *t, enum origin_outcome outcome);
/* Give all its origins their turns. */
void host_wake(struct host *h);
