/* Who may come in: what the server asks about each request before its handler sees it. Thread:
 * loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "http/tokens.h"
#include "model/address.h"

enum { ACCESS_MAX_NAMES = 64 };

struct access {
	struct tokens *tokens;           /* owned; NULL: none is asked for */
	char *hosts[ACCESS_MAX_NAMES];   /* owned; names by which the daemon may be called */
	char *origins[ACCESS_MAX_NAMES]; /* owned; web pages that may use it, `https://a.test` */
	size_t n_hosts, n_origins;
};

/* May the daemon be called so? `host` is the header Host, `local` the address that the client
 * connected to. A web page that has its own name resolve to this machine's addresses (DNS
 * rebinding) can't use any other name than its own. */
bool access_allows_host(const struct access *access, const char *host, const struct address *local);

/* Is it one of the web pages that may use the API? */
bool access_allows_origin(const struct access *access, const char *origin);

void access_done(struct access *access); /* frees the inside; a zeroed one is fine */
