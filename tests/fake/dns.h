/* A DNS server on a loopback socket that does what a test tells it, for each name and each time it
 * is asked. It runs in the loop of what it serves. Thread: loop. */
#pragma once

#include "loop/loop.h"
#include "model/result.h"

enum dns_act {
	DNS_NXDOMAIN, /* also for names without a rule */
	DNS_FOUND,    /* 192.0.2.1, or 2001:db8::1, for DNS_TTL seconds */
	DNS_OTHER,    /* the same with another last octet */
	DNS_ROTATING, /* the same with a last octet from 100 to 105, one after the other */
	DNS_NODATA,
	DNS_SERVFAIL,
	DNS_REFUSED,
	DNS_NOTIMP,
	DNS_FORMERR,
	DNS_YXDOMAIN,
	DNS_TRUNCATED,
	DNS_SILENT,
	DNS_FORGED, /* "found", from another port */
	DNS_STRAY,  /* NXDOMAIN for another name, with this query's identifier: what a recycled
		       identifier leads to */
};

enum { DNS_TTL = 300 };

struct dns_rule {
	const char *name; /* `*.x` stands for all names under x */
	enum rrtype type;
	unsigned from, to; /* which queries of this name and type, from 1; to 0: all that follow */
	enum dns_act act;
	usec_t delay;
};

struct fake_dns;

/* Bind a free port of 127.0.0.1. `rules`, ended by one without a name, are borrowed; the first that
 * fits counts. */
struct fake_dns *fake_dns_new(const struct dns_rule *rules);
void fake_dns_free(struct fake_dns *dns);

struct endpoint fake_dns_endpoint(const struct fake_dns *dns);

/* Begin to serve. */
void fake_dns_start(struct fake_dns *dns, struct loop *loop);

/* How often it was asked for this name and type; for anything when `name` is NULL. */
unsigned fake_dns_count(const struct fake_dns *dns, const char *name, enum rrtype type);
