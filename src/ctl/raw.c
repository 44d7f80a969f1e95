/* Writes what the daemon sends. Thread: main. */
#include "ctl/raw.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "ctl/message.h"

void raw_init(struct raw *raw)
{
	*raw = (struct raw){.is_terminal = isatty(STDOUT_FILENO) == 1};
}

/* Line ends and tabs are kept. A carriage return is removed: it would let text overwrite a line. */
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

bool raw_flush(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	message_error("standard output: %s", strerror(errno));
	return false;
}

bool raw_save(int fd, const char *bytes, size_t n_bytes)
{
	while (n_bytes > 0) {
		ssize_t n = write(fd, bytes, n_bytes);
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0) {
			bytes += n;
			n_bytes -= (size_t)n;
		}
	}
	return true;
}
