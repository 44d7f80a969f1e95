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
};

/* Read elements that are separated by commas or white space: `address`, `address:port`,
 * `[address]:port`, or `@/path`; link-local addresses with their interface: `fe80::1%eth0`. A file
 * has one address a line; what follows a `#` is a comment. Lists of files can't name files.
 * ERR_INVALID: an element is none of these, or a file can't be read; `why` got what is wrong,
 * unless the fault is the element's look. ERR_TOO_BIG: there are more than SERVER_LIST_MAX. */
enum err server_list_read(const char *text, struct server_list *ret_list, struct buf *why);
void server_list_done(struct server_list *list);
