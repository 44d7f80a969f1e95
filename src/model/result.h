/* The outcome of one item: plain values. That a name does not exist, or that a server did not
 * answer, is an outcome and not an error of ours. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/clock.h"

/* clang-format off */
#define ITEM_STATUSES(X) X(FOUND, "found") X(NOT_FOUND, "not_found") X(ERROR, "error")

/* NONE stands for JSON null: the item was found. The order is part of the store's format: add at the end. */
#define REASONS(X) \
	X(NONE, NULL) X(NXDOMAIN, "nxdomain") X(NO_ADDRESS, "no_address") X(TIMEOUT, "timeout") \
	X(SERVFAIL, "servfail") X(REFUSED, "refused") X(TRUNCATED, "truncated") X(MALFORMED, "malformed") \
	X(INVALID_NAME, "invalid_name") X(NO_RESOLVER, "no_resolver") X(WILDCARD, "wildcard") \
	X(POLICY, "policy") X(CANCELLED, "cancelled") X(INTERNAL, "internal")

/* How one query ended. NODATA is NOERROR without a record of the type asked for (RFC 2308 section 2.2). */
#define RCODES(X) \
	X(NOERROR, "NOERROR") X(NODATA, "NODATA") X(NXDOMAIN, "NXDOMAIN") X(SERVFAIL, "SERVFAIL") \
	X(REFUSED, "REFUSED") X(TIMEOUT, "TIMEOUT") X(TRUNCATED, "TRUNCATED") X(MALFORMED, "MALFORMED")
/* clang-format on */

enum item_status {
#define X(id, name) ITEM_##id,
	ITEM_STATUSES(X)
#undef X
	    ITEM_N_STATUSES
};

enum reason {
#define X(id, name) REASON_##id,
	REASONS(X)
#undef X
	    N_REASONS
};

enum rcode {
#define X(id, name) RCODE_##id,
	RCODES(X)
#undef X
	    N_RCODES
};

const char *item_status_name(enum item_status status);
bool item_status_parse(const char *name, enum item_status *ret_status);
const char *reason_name(enum reason reason); /* NULL for REASON_NONE */
const char *rcode_name(enum rcode rcode);

struct address {
	uint8_t bytes[16]; /* network order; an IPv4 address uses the first four */
	bool is_v6;
};

/* Where a server listens. */
struct endpoint {
	struct address address;
	uint16_t port; /* host order */
};

enum { ADDRESS_TEXT_SIZE = 48, ENDPOINT_TEXT_SIZE = 56 };

/* Write the text form: RFC 5952 for IPv6; an endpoint is `192.0.2.1:53` or `[2001:db8::1]:53`. */
void address_format(const struct address *a, char ret_text[static ADDRESS_TEXT_SIZE]);
void endpoint_format(const struct endpoint *e, char ret_text[static ENDPOINT_TEXT_SIZE]);

/* Read `192.0.2.1`, `192.0.2.1:53`, `2001:db8::1` or `[2001:db8::1]:53`; `default_port` when none
 * is named. */
bool endpoint_parse(const char *text, uint16_t default_port, struct endpoint *ret_endpoint);

/* Fill a socket address; returns its length. */
socklen_t endpoint_to_sockaddr(const struct endpoint *e, struct sockaddr_storage *ret_address);

enum evidence_source { SOURCE_DNS, SOURCE_HOSTS };
enum rrtype { RR_A, RR_AAAA };

/* What was asked of whom and what came back. */
struct evidence {
	enum evidence_source source;
	enum rrtype type;
	enum rcode rcode;
	usec_t rtt;
	struct endpoint server; /* zero for SOURCE_HOSTS */
};

enum { RESULT_MAX_ADDRESSES = 32, RESULT_MAX_EVIDENCE = 4, RESULT_MAX_NAME = 1024 };

struct result {
	uint64_t seq;      /* place in the order of completion, from 1; 0 until committed */
	uint32_t index;    /* place in the job, from 0 */
	uint32_t attempts; /* queries of the deciding type, confirmations not counted */
	enum item_status status;
	enum reason reason;
	usec_t duration;    /* from the first query to the verdict */
	usec_t finished_at; /* wall */
	const char *name; /* borrowed; normalised, or the raw input when invalid; not terminated */
	size_t name_len;  /* at most RESULT_MAX_NAME */
	uint32_t ttl;     /* seconds; meaningful with addresses only */
	uint32_t n_addresses, n_evidence;
	struct address addresses[RESULT_MAX_ADDRESSES];
	struct evidence evidence[RESULT_MAX_EVIDENCE];
};

/* Add a piece of evidence; when there is no room the last one is replaced, so the deciding one is
 * always kept. */
void result_add_evidence(struct result *r, const struct evidence *e);
