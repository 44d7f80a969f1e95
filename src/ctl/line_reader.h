/* Lines put together from the pieces of a stream. Thread: any. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"

enum { LINE_READER_MAX = 1 << 20 };

struct line_reader {
	struct buf rest; /* the start of a line whose end has not arrived */
};

void line_reader_init(struct line_reader *r);
void line_reader_done(struct line_reader *r);
void line_reader_reset(struct line_reader *r); /* forget an unfinished line */

/* Called with a whole line and its line end; false stops. */
typedef bool line_fn(const char *line, size_t len, void *arg);

/* Add a piece; `on_line` is called for each line that it completes. False: a line is longer than
 * LINE_READER_MAX bytes, or `on_line` returned false. */
bool line_reader_add(
    struct line_reader *r, const char *bytes, size_t n_bytes, line_fn *on_line, void *arg);
