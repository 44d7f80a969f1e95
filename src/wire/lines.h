/* Bodies that hold one name a line, read as a stream: text/plain and application/x-ndjson. Thread:
 * any (one at a time). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "wire/problem.h"

enum lines_format { LINES_TEXT, LINES_NDJSON };

/* Called with each item: a name or a code, `len` bytes that may be anything, in JSON lines even
 * line ends; or a file in the packed form of model/file.h. */
typedef void lines_fn(const char *item, size_t len, void *arg);

enum { LINES_MAX = 16 << 10 }; /* bytes of a line */

struct lines {
	enum lines_format format;
	bool has_files;   /* the lines are files to fetch */
	uint64_t n;       /* lines begun so far */
	bool is_skipping; /* inside a line longer than a name can be; its start was handed on */
	struct buf rest;  /* the start of a line whose end has not come */
};

void lines_init(struct lines *l, enum lines_format format, bool has_files);
void lines_done(struct lines *l);

/* Read more bytes. Blank lines, and in text lines that begin with `#`, are passed over. False when
 * an NDJSON line is neither a JSON string nor an object with a `domain` (wire/url_item.h for
 * files): `p` says which line, and the rest is not read; or when the text is UTF-16. A byte order
 * mark before the first line is passed over. */
bool lines_feed(struct lines *l, const char *bytes, size_t n_bytes, lines_fn *on_name, void *arg,
    struct problem *p);

/* Read the text after the last line end; otherwise as lines_feed. */
bool lines_finish(struct lines *l, lines_fn *on_name, void *arg, struct problem *p);
