/* Single questions by evdns of libevent (dns.resolver = evdns).
 *
 * evdns finds the question of an answer by its 16-bit ID alone, and only for answers with addresses
 * does it compare the name. So only a list of addresses counts as an answer here. Whatever else
 * evdns reports is to be asked again of the DNS engine, as is a list that evdns may have cut.
 *
 * Thread: loop. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "model/address.h"
#include "model/result.h"

struct loop;
struct resolver;
struct query;

enum { RESOLVER_MAX_SERVERS = 32, RESOLVER_MAX_QUERIES = 256 };

struct answer {
	size_t n_addresses;
	const struct address *addresses; /* borrowed; dead when the callback returns */
	uint32_t ttl;
	usec_t rtt;
	struct endpoint server;
};

/* Called once unless the query is dropped, never before query_start returned. NULL: no addresses.
 */
typedef void query_fn(const struct answer *answer, void *arg);

struct resolver *resolver_new(struct loop *loop);
void resolver_free(struct resolver *resolver); /* NULL is fine; the loop must not run afterwards */

/* Ask these servers from now on, of which the first 32 count. No query may be under way. */
void resolver_set_servers(struct resolver *resolver, const struct endpoint *servers, size_t n);

/* Ask the nth server for the addresses of `name` (normalised, NUL-terminated, copied). NULL when
 * there are RESOLVER_MAX_QUERIES already, or evdns cannot ask this server. */
struct query *query_start(struct resolver *resolver, size_t nth, const char *name, enum rrtype type,
    query_fn *on_end, void *arg);
void query_drop(struct query *query); /* the callback will not be called */
