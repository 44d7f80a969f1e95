/* Writes what the daemon sends. On a terminal, bytes that are unsafe to show are replaced, since
 * escape sequences could change what is displayed. Thread: main. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct raw {
	bool is_terminal;
	char rest[4]; /* the start of a character whose end has not arrived */
	size_t n_rest;
};

void raw_init(struct raw *raw);

/* Write to stdout without flushing it. False: that failed, and errno says why. */
bool raw_write(struct raw *raw, const char *bytes, size_t n_bytes);

/* Flush stdout. False after printing a message: that failed, now or before. */
bool raw_flush(void);

/* Write to a file. False: that failed, and errno says why. */
bool raw_save(int fd, const char *bytes, size_t n_bytes);
