/* A list of name servers as the settings have it: addresses, and files of addresses. Thread: any;
 * reading files blocks. */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "model/address.h"

enum { SERVER_LIST_MAX = 10000 };

struct server_list {
	size_t n;
	struct endpoint *servers; /* owned */
	char **urls;              /* owned; one a server, NULL for those that UDP and TCP ask */
};

/* Read elements that are separated by commas or white space: `address`, `address:port`,
 * `[address]:port`, `https://address/path` or `https://name/path#address` (RFC 8484), or `@/path`;
 * link-local addresses with their interface: `fe80::1%eth0`. A file has one server a line; what
 * follows a `#` after a blank, or at the start, is a comment. Lists of files can't name files.
 * ERR_INVALID: an element is none of these, or a file can't be read; `why` got what is wrong,
 * unless the fault is the element's look. ERR_TOO_BIG: there are more than SERVER_LIST_MAX. */
enum err server_list_read(const char *text, struct server_list *ret_list, struct buf *why);
void server_list_done(struct server_list *list);
