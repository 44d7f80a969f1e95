/* Access control: what the server checks for each request before its handler runs. Thread: loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "http/tokens.h"
#include "model/address.h"

enum { ACCESS_MAX_NAMES = 64 };

struct access {
	struct tokens *tokens;           /* owned; NULL: not required */
	char *hosts[ACCESS_MAX_NAMES];   /* owned; allowed names in Host */
	char *origins[ACCESS_MAX_NAMES]; /* owned; allowed origins, such as `https://a.test` */
	size_t n_hosts, n_origins;
};

/* Whether the Host header is allowed. `host` is the header, `local` the address of the connection.
 * Protects against DNS rebinding: a web page whose name resolves to this machine can only use its
 * own name. */
bool access_allows_host(const struct access *access, const char *host, const struct address *local);

/* Whether web pages of this origin may use the API. */
bool access_allows_origin(const struct access *access, const char *origin);

void access_done(struct access *access); /* frees the members; may be zeroed */
