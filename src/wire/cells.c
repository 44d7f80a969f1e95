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

	for (; len > 0 && (*s == ' ' || *s == '"'); s++)
		len--;
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		size_t n = strlen(signs[i]);
		if (len >= n && memcmp(s, signs[i], n) == 0)
			return true;
	}
	return false;
}

/* Put an apostrophe before a formula at the start of a cell, or after a semicolon, at which some
 * spreadsheets start a new cell. */
static void add_guarded(struct buf *b, const char *s, size_t len)
{
	for (const char *end = s + len, *stop; s < end; s = stop) {
		stop = memchr(s, ';', (size_t)(end - s));
		stop = stop != NULL ? stop + 1 : end;
		if (is_formula(s, (size_t)(stop - s)))
			buf_add_char(b, '\'');
		buf_add(b, s, (size_t)(stop - s));
	}
}

static void add_quoted(struct buf *b, const char *s, size_t len)
{
	buf_add_char(b, '"');
	for (const char *quote; (quote = memchr(s, '"', len)) != NULL;) {
		size_t n = (size_t)(quote - s) + 1;
		utf8_add_visible(b, s, n, '?');
		buf_add_char(b, '"');
		s += n;
		len -= n;
	}
	utf8_add_visible(b, s, len, '?');
	buf_add_char(b, '"');
}

void cell_add_csv(struct buf *b, const char *s, size_t len, bool is_guarded)
{
	struct buf guarded;

	if (is_guarded) {
		buf_init(&guarded, 2 * len + 1);
		add_guarded(&guarded, s, len);
		cell_add_csv(b, guarded.len > 0 ? guarded.data : "", guarded.len, false);
		buf_done(&guarded);
	} else if (memchr(s, '"', len) != NULL || memchr(s, ',', len) != NULL) {
		add_quoted(b, s, len);
	} else {
		utf8_add_visible(b, s, len, '?');
	}
}
