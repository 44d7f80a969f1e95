/* Bytes given to the reader in several ways, and what it makes of them as text. */
#pragma once

#include "http/reader.h"

struct row {
	const char *name, *bytes;
	size_t n;
	const char *want;
};

/* The bytes of a literal, which may hold NULs, and their number. */
#define B(text) text, sizeof(text) - 1

/* With the limits 200 for a line, 600 for a head, 12 fields, 5 parameters and 1000 bytes of body.
 */
extern const struct reader_limits small_limits;

/* Feed in pieces of at most `most` bytes, the first one of at most `first`. Returns new text:
 *
 *   GET / HTTP/1.1|Host: a||   a head, with | for CR LF
 *   {abc}                      the body
 *   .                          the end of a request
 *   !400                       a refusal
 *   ~                          the head is not complete */
char *feed(
    const struct reader_limits *limits, const char *bytes, size_t n, size_t first, size_t most);

/* Check a row: whole, byte by byte, and in two parts cut at each place. */
void check_row(const struct reader_limits *limits, const struct row *row);
