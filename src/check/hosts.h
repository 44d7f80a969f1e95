/* The hosts file (hosts(5)): names that are found without asking the DNS. Read once, at start.
 * Thread: loop. */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "model/result.h"

struct hosts;

/* Read the file at `path`; lines that make no sense are passed over. ERR_IO: it can't be read. */
enum err hosts_load(const char *path, struct hosts **ret_hosts) MUST_CHECK;
void hosts_free(struct hosts *hosts);

/* Return the addresses of a normalised name, borrowed, and how many (at most RESULT_MAX_ADDRESSES);
 * NULL when it is not in the file. NULL for `hosts` is an empty file. */
const struct address *hosts_find(const struct hosts *hosts, const char *name, size_t *ret_n);
