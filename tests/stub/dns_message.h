/* DNS messages as bytes: a strict reader of queries and a bounded writer of replies. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No reply is longer, whatever the query allows by EDNS. */
#define DNS_PLAIN_MAX 512
#define DNS_REPLY_MAX 1232 /* with EDNS */

enum {
	DNS_TYPE_A = 1,
	DNS_TYPE_CNAME = 5,
	DNS_TYPE_SOA = 6,
	DNS_TYPE_AAAA = 28,
	DNS_TYPE_OPT = 41
};

enum dns_rcode {
	DNS_NOERROR = 0,
	DNS_FORMERR = 1,
	DNS_SERVFAIL = 2,
	DNS_NXDOMAIN = 3,
	DNS_NOTIMP = 4,
	DNS_REFUSED = 5,
};

struct dns_query {
	uint16_t id;
	uint16_t flags;
	const uint8_t *question; /* borrowed from the packet: name, type, class */
	size_t n_question;       /* 0 when the question could not be read */
	size_t n_first_label;    /* bytes of the first label */
	size_t last_label;       /* offset in the message of the last label, or of the root */
	uint16_t type;
	bool has_edns;
	char name[256]; /* lower-cased labels joined by dots; any byte may occur; no NUL at the end
			 */
	size_t n_name;
};

enum dns_verdict {
	DNS_QUERY_GOOD,   /* all fields are set */
	DNS_QUERY_REJECT, /* reply with ret_rcode and no more than the query's own fields */
	DNS_QUERY_IGNORE, /* too short for a header, or itself a reply */
};

/* Read a query of `n` bytes. Sets *ret_rcode for DNS_QUERY_REJECT only. */
enum dns_verdict dns_query_read(
    const uint8_t *packet, size_t n, struct dns_query *ret_query, enum dns_rcode *ret_rcode);

struct dns_reply {
	size_t n;
	size_t limit; /* records end here, so that EDNS still fits */
	uint8_t bytes[DNS_REPLY_MAX];
};

/* Begin a reply: header, and the question when there is one. Every reply_put_ adds to it. */
void dns_reply_begin(struct dns_reply *reply, const struct dns_query *query, enum dns_rcode rcode);

/* Set the truncation bit. */
void dns_reply_set_truncated(struct dns_reply *reply);

/*
 * Add an address record of `type` (A: 4 bytes, AAAA: 16) to the answer, for the name at offset
 * `owner` of the message. False, and nothing added, when it would not fit.
 */
bool dns_reply_put_address(
    struct dns_reply *reply, size_t owner, uint16_t type, const uint8_t *address);

/* Add a CNAME from the question's name to `alias` under its parent. Returns the alias's offset. */
size_t dns_reply_put_cname(struct dns_reply *reply, const struct dns_query *query);

/* Add the SOA record of the name's last label to the authority section. */
void dns_reply_put_soa(struct dns_reply *reply, const struct dns_query *query);

/* End a reply: echo EDNS when the query had it. */
void dns_reply_end(struct dns_reply *reply, const struct dns_query *query);

/* The offset of the question's name in every message. */
#define DNS_QUESTION_AT 12
