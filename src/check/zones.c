/* Finding the zone that a parent is in, and its authorities:
 *
 *   NS of the parent --data--> the parent is a zone; A and AAAA of its name servers
 *                    --NODATA--> NS of the zone above it, which the SOA names
 *                    --NXDOMAIN--> it does not exist, so nothing below it does (RFC 8020)
 *
 * Addresses come from answers to questions for them, never with a referral. */
#include "check/zones.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "check/cut.h"
#include "check/dns_outcome.h"
#include "check/private.h"

#define KNOWN_LEAST  (60 * USEC_PER_SEC)
#define KNOWN_MOST   (3600 * USEC_PER_SEC)
#define FAILED_FOR   (5 * USEC_PER_SEC)
#define FIND_TIMEOUT (2 * USEC_PER_SEC)

enum { MAX_HOSTS = 13, MAX_ADDRESSES = 26, MAX_STEPS = 16, FIND_ATTEMPTS = 3, PORT = 53 };

/* The addresses of one family of one name server. */
struct host {
	struct search *search;
	struct dns_lookup *lookup; /* under way, or NULL */
	bool is_v6;
};

struct search {
	struct zone *zone;
	struct checker *checker; /* borrowed */
	const char *name;        /* the name asked for; in the parent's */
	unsigned n_steps;
	struct dns_lookup *lookup; /* of NS, or NULL */
	usec_t holds;
	size_t n_hosts, n_open, n_denied, n_endpoints;
	enum reason failure; /* of a lookup of addresses */
	struct host hosts[2 * MAX_HOSTS];
	struct endpoint endpoints[MAX_ADDRESSES];
};

struct zone *zone_of(struct parent *parent)
{
	return (struct zone *)(void *)parent;
}

static void end_search(struct zone *zone)
{
	struct search *s = zone->search;

	if (s == NULL)
		return;
	if (s->lookup != NULL)
		dns_lookup_cancel(s->lookup);
	for (size_t i = 0; i < s->n_hosts; i++) {
		if (s->hosts[i].lookup != NULL)
			dns_lookup_cancel(s->hosts[i].lookup);
	}
	free(TAKE(zone->search));
}

/* Forget what was found. */
static void reset(struct zone *zone)
{
	end_search(zone);
	if (zone->authorities != NULL)
		authorities_put(TAKE(zone->authorities));
	free(TAKE(zone->apex));
	zone->is_absent = false;
	zone->failure = REASON_NONE;
}

static void done(struct parent *parent)
{
	reset(zone_of(parent));
}

static void fail(struct zone *zone, enum reason failure)
{
	end_search(zone);
	zone->failure = failure;
	parent_known(&zone->parent, FAILED_FOR);
}

/* --- Addresses --- */

static void add_address(struct search *s, const struct endpoint *e)
{
	for (size_t i = 0; i < s->n_endpoints; i++) {
		if (endpoint_equal(&s->endpoints[i], e))
			return;
	}
	if (s->checker->may_ask == NULL || !s->checker->may_ask(e, s->checker->may_ask_arg))
		s->n_denied++;
	else if (s->n_endpoints < MAX_ADDRESSES)
		s->endpoints[s->n_endpoints++] = *e;
}

static void on_all_addresses(struct search *s)
{
	struct zone *zone = s->zone;
	usec_t holds = s->holds;

	if (s->n_endpoints == 0) {
		fail(zone, s->n_denied > 0             ? REASON_DENIED_TARGET
			   : s->failure != REASON_NONE ? s->failure
						       : REASON_LAME);
		return;
	}
	zone->apex = xstrdup(s->name);
	zone->authorities =
	    authorities_get(s->checker->authority_table, s->endpoints, s->n_endpoints);
	end_search(zone);
	parent_known(&zone->parent, holds);
}

static void on_addresses(const struct dns_result *result, void *arg)
{
	struct host *host = arg;
	struct search *s = host->search;
	struct dns_cursor cursor = {0};
	struct dns_record r;

	host->lookup = NULL;
	if (result->outcome == DNS_DATA) {
		while (dns_answer_next(result->answer, &cursor, &r)) {
			struct endpoint e = {.address.is_v6 = host->is_v6, .port = PORT};
			memcpy(
			    e.address.bytes, result->answer->message->bytes + r.rdata, r.n_rdata);
			add_address(s, &e);
		}
	} else if (result->outcome != DNS_NODATA && result->outcome != DNS_NXDOMAIN) {
		s->failure = dns_outcome_reason(dns_outcome_of(result));
	}
	if (--s->n_open == 0)
		on_all_addresses(s);
}

static struct dns_lookup *look_up(
    struct search *s, const struct dns_name *name, uint16_t type, dns_lookup_fn *on_done, void *arg)
{
	return dns_lookup_start(s->checker->dns,
	    &(struct dns_question){.name = name,
		.type = type,
		.flags = DNS_FLAG_RD,
		.timeout = FIND_TIMEOUT,
		.attempts = FIND_ATTEMPTS},
	    on_done, arg);
}

static void look_up_host(struct search *s, const struct dns_name *name, bool is_v6)
{
	struct host *host = &s->hosts[s->n_hosts];

	*host = (struct host){.search = s, .is_v6 = is_v6};
	host->lookup = look_up(s, name, is_v6 ? DNS_AAAA : DNS_A, on_addresses, host);
	if (host->lookup == NULL)
		return;
	s->n_hosts++;
	s->n_open++;
}

static void look_up_hosts(struct search *s, const struct dns_answer *answer)
{
	const struct dns_message *m = answer->message;
	struct dns_cursor cursor = {0};
	struct dns_record r;

	while (s->n_hosts + 2 <= 2 * MAX_HOSTS && dns_answer_next(answer, &cursor, &r)) {
		struct dns_name name;
		size_t at = r.rdata;
		if (!dns_name_read(m->bytes, m->len, &at, &name))
			continue; /* it was read before */
		look_up_host(s, &name, false);
		if (!s->checker->has_no_aaaa)
			look_up_host(s, &name, true);
	}
	if (s->n_open == 0)
		fail(s->zone, REASON_SERVFAIL);
}

/* --- The zone --- */

static void on_ns(const struct dns_result *result, void *arg);

static bool ask(struct search *s)
{
	const char *text = *s->name != '\0' ? s->name : ".";
	struct dns_name name;

	if (!dns_name_from_text(text, strlen(text), &name))
		return false;
	s->lookup = look_up(s, &name, DNS_NS, on_ns, s);
	return s->lookup != NULL;
}

/* Go on with the zone that the SOA names, or else with the name above. */
static void go_up(struct search *s, const struct dns_answer *answer)
{
	size_t n = strlen(s->name), n_zone = dns_outcome_zone(answer, n);
	const char *dot = strchr(s->name, '.');
	const char *next = dot != NULL ? dot + 1 : s->name + n;

	if (n_zone > 0 && n_zone < n)
		next = s->name + n - n_zone;
	if (n == 0 || ++s->n_steps > MAX_STEPS) {
		fail(s->zone, REASON_LAME);
		return;
	}
	s->name = next;
	if (!ask(s))
		fail(s->zone, REASON_SERVFAIL);
}

static void note_absence(struct zone *zone, const struct dns_result *result)
{
	const struct dns_try *t = &result->tries[result->n_tries - 1];

	zone->is_absent = true;
	zone->evidence = (struct evidence){.type = DNS_NS,
	    .rcode = RCODE_NXDOMAIN,
	    .rtt = t->rtt,
	    .server = t->server,
	    .proof = PROOF_ABSENT,
	    .n_zone = dns_outcome_zone(result->answer, strlen(zone->search->name))};
	end_search(zone);
	parent_known(&zone->parent, KNOWN_LEAST);
}

static void on_ns(const struct dns_result *result, void *arg)
{
	struct search *s = arg;
	const struct dns_answer *a = result->answer;

	s->lookup = NULL;
	dns_metrics_count(s->checker->dns_metrics, result);
	switch (result->outcome) {
	case DNS_DATA:
	case DNS_NODATA:
	case DNS_NXDOMAIN:
		break;
	default:
		fail(s->zone, dns_outcome_reason(dns_outcome_of(result)));
		return;
	}
	if (a->n_chain > 0 || result->outcome == DNS_NODATA) {
		go_up(s, a);
	} else if (result->outcome == DNS_NXDOMAIN) {
		note_absence(s->zone, result);
	} else {
		usec_t ttl = a->ttl * USEC_PER_SEC;
		s->holds = ttl < KNOWN_LEAST ? KNOWN_LEAST : ttl > KNOWN_MOST ? KNOWN_MOST : ttl;
		look_up_hosts(s, a);
	}
}

static bool find(struct parent *parent, void *arg)
{
	struct zone *zone = zone_of(parent);

	reset(zone);
	zone->search = xcalloc(1, sizeof(*zone->search));
	zone->search->zone = zone;
	zone->search->checker = arg;
	zone->search->name = parent->name;
	if (ask(zone->search))
		return true;
	end_search(zone);
	return false;
}

struct parents *zones_new(struct checker *checker)
{
	return parents_new(&(struct parents_ops){
	    .size = sizeof(struct zone), .find = find, .done = done, .arg = checker});
}
