/* Texts from outside as parts of a row. */
#include "wire/cells.h"

#include <string.h>

#include "base/utf8.h"

/* What Excel, LibreOffice and others begin a formula with; the last four are full-width forms,
 * which some of them take for the same. */
static bool is_formula(const char *s, size_t len)
{
	static const char *const signs[] = {
	    "=", "+", "-", "@", "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0"};

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		size_t n = strlen(signs[i]);
		if (len >= n && memcmp(s, signs[i], n) == 0)
			return true;
	}
	return false;
}

void cell_add_csv(struct buf *b, const char *s, size_t len, bool is_guarded)
{
	bool is_quoted = memchr(s, '"', len) != NULL || memchr(s, ',', len) != NULL;

	if (is_quoted)
		buf_add_char(b, '"');
	if (is_guarded && is_formula(s, len))
		buf_add_char(b, '\'');
	for (const char *quote; (quote = memchr(s, '"', len)) != NULL;) {
		size_t n = (size_t)(quote - s) + 1;
		utf8_add_visible(b, s, n, '?');
		buf_add_char(b, '"');
		s += n;
		len -= n;
	}
	utf8_add_visible(b, s, len, '?');
	if (is_quoted)
		buf_add_char(b, '"');
}
