/* What the daemon sends, on standard output as it came. A terminal gets it with what is unsafe to
 * show replaced: escape sequences could rewrite what it shows. Thread: main. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct raw {
	bool is_terminal;
	char rest[4]; /* the beginning of a character whose end has not come */
	size_t n_rest;
};

void raw_init(struct raw *raw);

/* Write to stdout, whose buffer is not flushed; false when that failed: errno says why. */
bool raw_write(struct raw *raw, const char *bytes, size_t n_bytes);
