/* Content-Disposition: `type *( ; name=value )`, where a value is a token or a quoted string, and
 * that of `filename*` is `charset'language'percent-encoded` (RFC 8187). */
#include "model/disposition.h"

#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/hex.h"

enum { MAX_TEXT = 4096 };

static const char *skip_blanks(const char *s)
{
	return s + strspn(s, " \t\r\n");
}

/* Read the value at `s`; returns what stands behind it. */
static const char *read_value(const char *s, struct buf *ret_value)
{
	buf_clear(ret_value);
	if (*s != '"') {
		size_t n = strcspn(s, ";\r\n");
		size_t len = n;
		while (len > 0 && (s[len - 1] == ' ' || s[len - 1] == '\t'))
			len--;
		buf_add(ret_value, s, len);
		return s + n;
	}
	for (s++; *s != '\0' && *s != '"'; s++) {
		if (*s == '\\' && s[1] != '\0')
			s++;
		buf_add_char(ret_value, *s);
	}
	s += *s == '"';
	return s + strcspn(s, ";");
}

/* Decode an extended value; of charsets those that RFC 8187 and its forerunner ask for are known.
 */
static void decode(const char *value, struct buf *ret_text)
{
	const char *charset = value, *text = strchr(value, '\'');
	bool is_latin = strncasecmp(charset, "ISO-8859-1'", 11) == 0;

	if (!is_latin && strncasecmp(charset, "UTF-8'", 6) != 0)
		return;
	text = strchr(text + 1, '\'');
	for (const char *s = text != NULL ? text + 1 : ""; *s != '\0'; s++) {
		int high = *s == '%' ? hex_value(s[1]) : -1, low = high >= 0 ? hex_value(s[2]) : -1;
		unsigned char c = (unsigned char)(low >= 0 ? high << 4 | low : *s);
		s += low >= 0 ? 2 : 0;
		if (is_latin && c >= 0x80) {
			buf_add_char(ret_text, (char)(0xc0 | c >> 6));
			c = 0x80 | (c & 0x3f);
		}
		buf_add_char(ret_text, (char)c);
	}
}

/* Read the parameter at `s` into its text, when it is one of the two; returns what stands behind.
 */
static const char *read_parameter(
    const char *s, struct buf *value, struct buf *plain, struct buf *extended)
{
	size_t n = strcspn(s, "=; \t");
	bool is_plain = n == 8 && strncasecmp(s, "filename", n) == 0;
	bool is_extended = n == 9 && strncasecmp(s, "filename*", n) == 0;

	s = skip_blanks(s + n);
	if (*s != '=')
		return s + strcspn(s, ";");
	s = read_value(skip_blanks(s + 1), value);
	if (is_plain && plain->len == 0)
		buf_add(plain, value->data, value->len);
	if (is_extended && extended->len == 0 && value->len > 0)
		decode(value->data, extended);
	return s;
}

size_t disposition_name(const char *value, char ret_name[static FILE_NAME_MAX + 1])
{
	struct buf text, plain, extended;
	const struct buf *best;
	size_t len = 0;

	buf_init(&text, MAX_TEXT);
	buf_init(&plain, MAX_TEXT);
	buf_init(&extended, MAX_TEXT);
	for (const char *s = value + strcspn(value, ";"); *s == ';';)
		s = read_parameter(skip_blanks(s + 1), &text, &plain, &extended);
	best = extended.len > 0 ? &extended : &plain;
	if (best->len > 0)
		len = file_name_make(best->data, best->len, ret_name);
	buf_done(&text);
	buf_done(&plain);
	buf_done(&extended);
	return len;
}
