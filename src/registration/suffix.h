/* Public suffixes: under which names people may register one (publicsuffix.org). Only the ICANN
 * section counts, and no rule is assumed for a suffix that is not listed: under `github.io` nobody
 * registers a domain, and nothing is known of `nosuchtld`. Thread: any, after suffixes_new. */
#pragma once

#include <stdbool.h>

struct suffixes;

/* Read the list from a file, or the system's where `path` is NULL. NULL: there is none that can be
 * read. */
struct suffixes *suffixes_new(const char *path);
void suffixes_free(struct suffixes *suffixes);

/* Return the longest public suffix that the name ends in, as a place within it; NULL: none. The
 * name is in lower case and consists of A-labels, without a final dot. */
const char *suffixes_find(const struct suffixes *suffixes, const char *name);
