/* Queries by evdns: one evdns_base for each server, so that it is known who answered. */
#include "check/resolver_evdns.h"

#include <event2/dns.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/metrics.h"
#include "loop/loop.h"

/* evdns drops addresses beyond this number and does not say so. */
enum { EVDNS_MAX_ADDRESSES = 32 };

/* evdns may call back for a query after its base was freed, so queries stand in the resolver, which
 * lives as long as the loop runs. */
struct query {
	struct query *next; /* spare ones */
	struct resolver *resolver;
	query_fn *on_end; /* NULL: dropped */
	void *arg;
	usec_t started_at;
	struct endpoint server;
};

struct server {
	struct endpoint endpoint;
	struct evdns_base *base; /* owned; NULL: evdns cannot ask it */
};

struct resolver {
	struct loop *loop; /* borrowed */
	size_t n_servers;
	struct server servers[RESOLVER_MAX_SERVERS];
	struct query *spare;
	struct query queries[RESOLVER_MAX_QUERIES];
	struct metric_cell *found, *other;
};

struct resolver *resolver_new(struct loop *loop)
{
	struct resolver *r = xcalloc(1, sizeof(*r));

	r->loop = loop;
	r->found = metrics_cell(METRIC_EVDNS_ANSWERS, "addresses");
	r->other = metrics_cell(METRIC_EVDNS_ANSWERS, "other");
	for (size_t i = 0; i < RESOLVER_MAX_QUERIES; i++) {
		r->queries[i] = (struct query){.resolver = r, .next = r->spare};
		r->spare = &r->queries[i];
	}
	return r;
}

/* With `tell`, evdns calls back for each query that is under way, in a later turn of the loop. */
static void free_servers(struct resolver *r, bool tell)
{
	for (size_t i = 0; i < r->n_servers; i++) {
		if (r->servers[i].base != NULL)
			evdns_base_free(r->servers[i].base, tell);
	}
	r->n_servers = 0;
}

void resolver_free(struct resolver *r)
{
	if (r == NULL)
		return;
	free_servers(r, false);
	free(r);
}

/* One attempt without a search list. evdns must not declare a server dead: it would then query it
 * for google.com. */
static struct evdns_base *new_base(struct loop *loop, const struct endpoint *server)
{
	static const char *const options[][2] = {{"timeout", "5"}, {"attempts", "1"},
	    {"max-timeouts", "255"}, {"initial-check-timeout", "3600"}, {"max-inflight", "1024"}};
	struct evdns_base *base = evdns_base_new(loop_event_base(loop), 0);
	struct sockaddr_storage address;
	socklen_t len = endpoint_to_sockaddr(server, &address);

	if (base == NULL)
		return NULL;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		evdns_base_set_option(base, options[i][0], options[i][1]);
	if (evdns_base_nameserver_sockaddr_add(base, (struct sockaddr *)&address, len, 0) == 0)
		return base;
	evdns_base_free(base, 0);
	return NULL;
}

void resolver_set_servers(struct resolver *r, const struct endpoint *servers, size_t n)
{
	free_servers(r, true);
	for (; r->n_servers < RESOLVER_MAX_SERVERS && r->n_servers < n; r->n_servers++) {
		const struct endpoint *server = &servers[r->n_servers];
		r->servers[r->n_servers] = (struct server){*server, new_base(r->loop, server)};
	}
}

static size_t copy_addresses(
    int type, int count, const uint8_t *data, struct address *ret_addresses)
{
	bool is_v6 = type == DNS_IPv6_AAAA;
	size_t size = is_v6 ? 16 : 4, n = count > 0 ? (size_t)count : 0;

	if ((!is_v6 && type != DNS_IPv4_A) || n >= EVDNS_MAX_ADDRESSES)
		return 0;
	for (size_t i = 0; i < n; i++) {
		ret_addresses[i] = (struct address){.is_v6 = is_v6};
		memcpy(ret_addresses[i].bytes, data + i * size, size);
	}
	return n;
}

static void on_evdns(int error, char type, int count, int ttl, void *data, void *arg)
{
	struct query *q = arg;
	struct resolver *r = q->resolver;
	query_fn *on_end = q->on_end;
	struct address addresses[EVDNS_MAX_ADDRESSES];
	struct answer answer = {.addresses = addresses,
	    .ttl = ttl > 0 ? (uint32_t)ttl : 0,
	    .rtt = clock_mono() - q->started_at,
	    .server = q->server};

	q->next = r->spare;
	r->spare = q;
	if (on_end == NULL)
		return;
	if (error == DNS_ERR_NONE)
		answer.n_addresses = copy_addresses(type, count, data, addresses);
	metric_add(answer.n_addresses > 0 ? r->found : r->other, 1);
	on_end(answer.n_addresses > 0 ? &answer : NULL, q->arg);
}

struct query *query_start(
    struct resolver *r, size_t nth, const char *name, enum rrtype type, query_fn *on_end, void *arg)
{
	struct server *s = nth < r->n_servers ? &r->servers[nth] : NULL;
	struct query *q = r->spare;

	if (s == NULL || s->base == NULL || q == NULL)
		return NULL;
	q->server = s->endpoint;
	q->on_end = on_end;
	q->arg = arg;
	q->started_at = clock_mono();
	const struct evdns_request *request =
	    type == RR_A ? evdns_base_resolve_ipv4(s->base, name, DNS_QUERY_NO_SEARCH, on_evdns, q)
			 : evdns_base_resolve_ipv6(s->base, name, DNS_QUERY_NO_SEARCH, on_evdns, q);
	if (request == NULL)
		return NULL;
	r->spare = q->next;
	return q;
}

void query_drop(struct query *q)
{
	q->on_end = NULL; /* a cancelled request would leak if the loop did not run again */
}
