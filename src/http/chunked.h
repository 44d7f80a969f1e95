/* The framing of a chunked body (RFC 9112 section 7.1), up to the trailers, which are the reader's.
 *
 *   size --> extensions --> LF --> data --> CR LF --> size (the next chunk)
 *                            |
 *                            +--> last: the size was 0
 *
 * Extensions must be well-formed and are discarded. The work for a byte is constant, and so is the
 * memory. Thread: any, one at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/chars.h"
#include "http/fault.h"

enum {
	CHUNK_MAX_DIGITS = 16,     /* of a size, leading zeros too */
	CHUNK_MAX_EXTENSIONS = 256 /* bytes behind a size */
};

/* The framing of a body, its trailers aside, may take this much and so much more for each byte of
 * data. Chunks of one byte without extensions take 5. */
#define CHUNK_FRAMING_BASE     ((uint64_t)64 << 10)
#define CHUNK_FRAMING_PER_BYTE 16

struct chunked {
	int state;
	unsigned n_digits, n_extensions; /* of this chunk's line */
	uint64_t left;                   /* bytes of this chunk still to come */
	uint64_t n_data, n_framing;      /* bytes of the body so far */
	uint64_t max_data;
};

enum chunked_result {
	CHUNKED_MORE, /* all bytes were taken */
	CHUNKED_DATA, /* *ret_data is a part of the body */
	CHUNKED_LAST, /* the line of the last chunk is over, trailers follow */
	CHUNKED_BAD   /* *ret_fault says why, 400 or 413 */
};

void chunked_init(struct chunked *c, uint64_t max_data);

/* Read up to `n` bytes, stop at the first event, and say in *ret_taken how many were taken.
 * *ret_data borrows from `bytes`. Not to be called again after CHUNKED_LAST or CHUNKED_BAD. */
enum chunked_result chunked_feed(struct chunked *c, const char *bytes, size_t n, size_t *ret_taken,
    struct slice *ret_data, struct fault *ret_fault);
