/* What the daemon sends, as it came. */
#include "ctl/raw.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/utf8.h"

void raw_init(struct raw *raw)
{
	*raw = (struct raw){.is_terminal = isatty(STDOUT_FILENO) == 1};
}

/* Lines and columns stay. A carriage return goes: it would let a line be written over. */
static void add_visible(struct buf *b, const char *s, size_t len)
{
	while (len > 0) {
		size_t n = 0;
		while (n < len && s[n] != '\n' && s[n] != '\t' && s[n] != '\r')
			n++;
		utf8_add_visible(b, s, n, '?');
		if (n < len && s[n] != '\r')
			buf_add_char(b, s[n]);
		n += n < len;
		s += n;
		len -= n;
	}
}

static bool write_visible(struct raw *raw, const char *bytes, size_t n_bytes)
{
	struct buf all, visible;

	buf_init(&all, n_bytes + sizeof(raw->rest));
	buf_init(&visible, n_bytes + sizeof(raw->rest));
	buf_add(&all, raw->rest, raw->n_rest);
	buf_add(&all, bytes, n_bytes);
	raw->n_rest = utf8_incomplete_length(all.data, all.len);
	all.len -= raw->n_rest;
	memcpy(raw->rest, all.data + all.len, raw->n_rest);
	add_visible(&visible, all.data, all.len);
	bool is_good =
	    visible.len == 0 || fwrite(visible.data, 1, visible.len, stdout) == visible.len;
	buf_done(&all);
	buf_done(&visible);
	return is_good;
}

bool raw_write(struct raw *raw, const char *bytes, size_t n_bytes)
{
	if (raw->is_terminal)
		return write_visible(raw, bytes, n_bytes);
	return fwrite(bytes, 1, n_bytes, stdout) == n_bytes;
}
