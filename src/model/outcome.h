/* How an item, and how one query, ended. Thread: any. */
#pragma once

#include <stdbool.h>

/* clang-format off */
/* The order of these and of the reasons is part of the store's format: add at the end. */
#define ITEM_STATUSES(X) \
	X(FOUND, "found") X(NOT_FOUND, "not_found") X(ERROR, "error") X(OK, "ok") X(REGISTERED, "registered") \
	X(AVAILABLE, "available") X(RESERVED, "reserved") X(UNKNOWN, "unknown") X(UNCHANGED, "unchanged")

/* REASON_NONE is null in JSON: the status needs no reason. */
#define REASONS(X) \
	X(NONE, NULL) X(NXDOMAIN, "nxdomain") X(NO_ADDRESS, "no_address") X(TIMEOUT, "timeout") \
	X(SERVFAIL, "servfail") X(REFUSED, "refused") X(TRUNCATED, "truncated") X(MALFORMED, "malformed") \
	X(INVALID_NAME, "invalid_name") X(NO_RESOLVER, "no_resolver") X(WILDCARD, "wildcard") \
	X(POLICY, "policy") X(CANCELLED, "cancelled") X(INTERNAL, "internal") X(HTTP_404, "http_404") \
	X(DNS_NOT_FOUND, "dns_not_found") X(DNS_ERROR, "dns_error") X(CONNECT, "connect") X(TLS, "tls") \
	X(HTTP_STATUS, "http_status") X(TOO_LARGE, "too_large") X(TOO_MANY_REDIRECTS, "too_many_redirects") \
	X(BAD_CHECKSUM, "bad_checksum") X(DENIED_TARGET, "denied_target") X(INVALID_URL, "invalid_url") \
	X(DISK, "disk") X(CRASHED, "crashed") X(LAME, "lame") X(NO_RDAP, "no_rdap") \
	X(NO_BOOTSTRAP, "no_bootstrap") X(RDAP_BUDGET, "rdap_budget") X(RATE_LIMITED, "rate_limited") \
	X(BLOCKED, "blocked") X(PREMIUM_PERIOD, "premium_period") X(NOT_DELEGATED, "not_delegated")

/* How one query ended. NODATA is NOERROR without a record of the type asked for (RFC 2308 section 2.2), REFERRAL
 * and LAME are NOERROR from a server that doesn't know, and OTHER is a response code without a name here. The order
 * is part of the store's format: add at the end. */
#define RCODES(X) \
	X(NOERROR, "NOERROR") X(NODATA, "NODATA") X(NXDOMAIN, "NXDOMAIN") X(SERVFAIL, "SERVFAIL") \
	X(REFUSED, "REFUSED") X(TIMEOUT, "TIMEOUT") X(TRUNCATED, "TRUNCATED") X(MALFORMED, "MALFORMED") \
	X(FORMERR, "FORMERR") X(NOTIMP, "NOTIMP") X(YXDOMAIN, "YXDOMAIN") X(NOTAUTH, "NOTAUTH") \
	X(BADVERS, "BADVERS") X(BADCOOKIE, "BADCOOKIE") X(REFERRAL, "REFERRAL") X(LAME, "LAME") X(OTHER, "OTHER")
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
/* Say whether the item may be tried again: it was not found out how it is. */
bool item_status_is_failure(enum item_status status);
const char *reason_name(enum reason reason); /* NULL for REASON_NONE */
bool reason_parse(const char *name, enum reason *ret_reason);
const char *rcode_name(enum rcode rcode);
bool rcode_parse(const char *name, enum rcode *ret_rcode); /* in either case */
