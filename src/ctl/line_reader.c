/* Lines of a stream. A line that arrives in one piece is not copied. Thread: any. */
#include "ctl/line_reader.h"

#include <string.h>

void line_reader_init(struct line_reader *r)
{
	buf_init(&r->rest, LINE_READER_MAX);
}

void line_reader_done(struct line_reader *r)
{
	buf_done(&r->rest);
}

void line_reader_reset(struct line_reader *r)
{
	buf_clear(&r->rest);
}

bool line_reader_add(
    struct line_reader *r, const char *bytes, size_t n_bytes, line_fn *on_line, void *arg)
{
	const char *end = bytes + n_bytes, *stop;
	bool is_good = true;

	while (is_good && (stop = memchr(bytes, '\n', (size_t)(end - bytes))) != NULL) {
		size_t len = (size_t)(stop + 1 - bytes);
		if (r->rest.len == 0) {
			is_good = len <= LINE_READER_MAX && on_line(bytes, len, arg);
		} else {
			buf_add(&r->rest, bytes, len);
			is_good = !r->rest.overflow && on_line(r->rest.data, r->rest.len, arg);
			buf_clear(&r->rest);
		}
		bytes = stop + 1;
	}
	if (!is_good)
		return false;
	buf_add(&r->rest, bytes, (size_t)(end - bytes));
	return !r->rest.overflow;
}
