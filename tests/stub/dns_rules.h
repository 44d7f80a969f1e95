/* What the stub answers: zone, keyword in the first label, default rule. No I/O; one thread. */
#pragma once

#include "dns_message.h"
#include "dns_names.h"
#include "dns_zone.h"

/* A query yields at most this many datagrams. */
#define DNS_REPLIES_MAX 2

enum dns_default {
	DNS_DEFAULT_NX,    /* no name exists */
	DNS_DEFAULT_FOUND, /* every name exists */
	DNS_DEFAULT_HALF,  /* a name exists when the lowest bit of its hash is 1 */
};

struct dns_rules {
	const struct dns_zone *zone; /* borrowed; NULL: no zone */
	struct dns_names *seen;      /* borrowed; the names asked so far */
	enum dns_default otherwise;
	unsigned slow_share;  /* percent of the default rule's names, 0..100 */
	uint64_t drop_every;  /* drop each Nth query; 0: none */
	bool is_servfail_all; /* SERVFAIL for whatever is not dropped */
	bool is_lying;        /* the default rule also decides on the root and .invalid */
	bool is_black_hole;   /* drop everything */
	uint64_t n_queries;   /* well-formed ones so far; counts for drop_every */
	uint64_t noise;       /* state of the generator of garbage, never 0 */
};

struct dns_replies {
	size_t n;             /* 0: the query is dropped */
	bool is_slow;         /* all of them wait the "slow" time */
	bool is_first_forged; /* item[0] leaves from a port that was not asked */
	struct dns_reply item[DNS_REPLIES_MAX];
};

/* Decide on the `n` bytes of a datagram and write the replies. Notes the name as seen. */
void dns_rules_answer(
    struct dns_rules *rules, const uint8_t *packet, size_t n, struct dns_replies *ret_replies);
