/* The authority of a URL as the field Host has it: `host` or `host:port` (RFC 9110 section 7.2).
 * Thread: any. */
#pragma once

#include <stdbool.h>

#include "http/chars.h"

/* Accept a name of letters, digits, `-`, `.`, `_` and `~`, an IPv4 address, or an IPv6 address in
 * brackets; then maybe a colon and a port, which may be empty. Narrower than RFC 3986: no escapes,
 * no user. */
bool authority_is_valid(struct slice text);
