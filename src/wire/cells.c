/* Texts from outside as parts of a row. */
#include "wire/cells.h"

#include <string.h>

#include "base/utf8.h"

void cell_add_visible(struct buf *b, const char *s, size_t len)
{
	while (len > 0) {
		size_t n = utf8_length(s, len);
		if (n == 0 || utf8_is_control(s, n)) {
			buf_add_char(b, '?');
			n = n == 0 ? 1 : n;
		} else {
			buf_add(b, s, n);
		}
		s += n;
		len -= n;
	}
}

void cell_add_csv(struct buf *b, const char *s, size_t len)
{
	if (memchr(s, '"', len) == NULL && memchr(s, ',', len) == NULL) {
		cell_add_visible(b, s, len);
		return;
	}
	buf_add_char(b, '"');
	for (const char *quote; (quote = memchr(s, '"', len)) != NULL;) {
		size_t n = (size_t)(quote - s) + 1;
		cell_add_visible(b, s, n);
		buf_add_char(b, '"');
		s += n;
		len -= n;
	}
	cell_add_visible(b, s, len);
	buf_add_char(b, '"');
}
