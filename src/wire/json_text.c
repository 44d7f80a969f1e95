/* JSON text by hand. */
#include "wire/json_text.h"

#include <string.h>

#include "base/utf8.h"

/* Bytes that need no escape in a JSON string. */
static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void add_escaped(struct buf *b, uint32_t c)
{
	if (c < 0x10000)
		buf_addf(b, "\\u%04x", c);
	else
		buf_addf(b, "\\u%04x\\u%04x", 0xd7c0 + (c >> 10), 0xdc00 | (c & 0x3ff));
}

/* What is unsafe to show is escaped: a terminal gets only what is harmless, and a reader of JSON
 * gets the same text. */
static size_t add_special(struct buf *b, const char *s, size_t len)
{
	unsigned char c = (unsigned char)*s;

	if (c == '"' || c == '\\') {
		buf_add_char(b, '\\');
		buf_add_char(b, (char)c);
		return 1;
	}
	size_t n = utf8_length(s, len);
	if (n == 0) {
		buf_add_str(b, "\xef\xbf\xbd");
		return 1;
	}
	if (utf8_is_unsafe(s, n))
		add_escaped(b, utf8_code_point(s, n));
	else
		buf_add(b, s, n);
	return n;
}

void json_add_string(struct buf *b, const char *s, size_t len)
{
	buf_add_char(b, '"');
	while (len > 0) {
		size_t n = 0;
		while (n < len && is_plain((unsigned char)s[n]))
			n++;
		if (n > 0)
			buf_add(b, s, n);
		else
			n = add_special(b, s, len);
		s += n;
		len -= n;
	}
	buf_add_char(b, '"');
}

void json_add_optional(struct buf *b, const char *s)
{
	if (s != NULL)
		json_add_string(b, s, strlen(s));
	else
		buf_add_str(b, "null");
}

void json_add_time(struct buf *b, usec_t wall)
{
	char text[CLOCK_TEXT_SIZE];

	if (wall == 0) {
		buf_add_str(b, "null");
		return;
	}
	clock_format(wall, text);
	buf_add_char(b, '"');
	buf_add_str(b, text);
	buf_add_char(b, '"');
}

void json_add_msec(struct buf *b, usec_t duration)
{
	char decimals[4] = {'.', (char)('0' + duration % 1000 / 100),
	    (char)('0' + duration % 100 / 10), (char)('0' + duration % 10)};

	buf_add_u64(b, (uint64_t)(duration / 1000));
	buf_add(b, decimals, sizeof(decimals));
}
