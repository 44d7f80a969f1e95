/* Bodies that hold one name a line, read as a stream: text/plain and application/x-ndjson. Thread:
 * any (one at a time). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "wire/problem.h"

enum lines_format { LINES_TEXT, LINES_NDJSON };

/* Called with each name: `len` bytes that may be anything, in JSON lines even line ends. */
typedef void lines_fn(const char *name, size_t len, void *arg);

struct lines {
	enum lines_format format;
	uint64_t n;       /* lines begun so far */
	bool is_skipping; /* inside a line longer than a name can be; its start was handed on */
	struct buf rest;  /* the start of a line whose end has not come */
};

void lines_init(struct lines *l, enum lines_format format);
void lines_done(struct lines *l);

/* Read more bytes. Blank lines, and in text lines that begin with `#`, are passed over. False when
 * an NDJSON line is neither a JSON string nor an object with a `domain`: `p` says which line, and
 * the rest is not read. */
bool lines_feed(struct lines *l, const char *bytes, size_t n_bytes, lines_fn *on_name, void *arg,
    struct problem *p);

/* Read what stands behind the last line end; as lines_feed. */
bool lines_finish(struct lines *l, lines_fn *on_name, void *arg, struct problem *p);
