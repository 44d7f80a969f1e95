/* URLs to fetch (RFC 3986): read by libcurl's own parser, so that what is judged here is what is
 * asked later, and held to what this program fetches: http and https, no user information, a host
 * that is an address or a name. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/result.h"

struct url {
	char *text; /* owned; normalised, without a fragment */
	char *host; /* owned; lower-case A-labels, or the text of an address without brackets */
	uint16_t port;
	bool is_tls;
	bool is_address; /* the host is `address` */
	struct address address;
};

enum url_fault { URL_GOOD, URL_MALFORMED, URL_SCHEME, URL_USER, URL_HOST, URL_TOO_LONG };

/* Read a URL of `len` bytes; on a fault *ret_url stays. The caller ends it with url_done. */
enum url_fault url_parse(const char *text, size_t len, struct url *ret_url);
void url_done(struct url *url); /* a zeroed one is fine */

/* A sentence for people; NULL for URL_GOOD. */
const char *url_fault_text(enum url_fault fault);
