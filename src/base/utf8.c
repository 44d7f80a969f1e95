/* UTF-8. */
#include "base/utf8.h"

#include <string.h>

#include <stdint.h>

/* The length of a character with this first byte, or 0 if the byte is invalid. */
static size_t length_by(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Overlong forms, surrogates, and what lies past U+10FFFF. */
static bool is_forbidden(const uint8_t *u)
{
	return (u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f) ||
	       (u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] > 0x8f);
}

size_t utf8_length(const char *s, size_t len)
{
	const uint8_t *u = (const uint8_t *)s;
	size_t n = length_by(u[0]);

	if (n > len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	}
	return n > 2 && is_forbidden(u) ? 0 : n;
}

uint32_t utf8_code_point(const char *s, size_t n)
{
	const uint8_t *u = (const uint8_t *)s;
	uint32_t c = n == 1 ? u[0] : u[0] & (0x7fU >> n);

	for (size_t i = 1; i < n; i++)
		c = c << 6 | (u[i] & 0x3f);
	return c;
}

/* Controls, separators of lines and paragraphs, annotations, and what has the property
 * Default_Ignorable_Code_Point (Unicode 15): marks and overrides of direction, joiners, spaces
 * without width, fillers, variation selectors, tags. In order. */
static const struct {
	uint32_t first, last;
} unsafe[] = {{0, 0x1f}, {0x7f, 0x9f}, {0xad, 0xad}, {0x34f, 0x34f}, {0x61c, 0x61c},
    {0x115f, 0x1160}, {0x17b4, 0x17b5}, {0x180b, 0x180f}, {0x200b, 0x200f}, {0x2028, 0x202e},
    {0x2060, 0x206f}, {0x3164, 0x3164}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xffa0, 0xffa0},
    {0xfff0, 0xfffb}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff}};

bool utf8_is_unsafe(const char *s, size_t n)
{
	uint32_t c = utf8_code_point(s, n);

	for (size_t i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]) && unsafe[i].first <= c; i++) {
		if (c <= unsafe[i].last)
			return true;
	}
	return false;
}

size_t utf8_unsafe_length(const char *s, size_t len)
{
	size_t n = utf8_length(s, len);

	return n == 0 ? 1 : utf8_is_unsafe(s, n) ? n : 0;
}

void utf8_add_visible(struct buf *b, const char *s, size_t len, char substitute)
{
	while (len > 0) {
		size_t n_good = 0, n_bad = 0;
		while (n_good < len && (n_bad = utf8_unsafe_length(s + n_good, len - n_good)) == 0)
			n_good += utf8_length(s + n_good, len - n_good);
		buf_add(b, s, n_good);
		if (n_bad > 0)
			buf_add_char(b, substitute);
		s += n_good + n_bad;
		len -= n_good + n_bad;
	}
}

size_t utf8_mark_length(const char *s, size_t len)
{
	return len >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

bool utf8_is_wide(const char *s, size_t len)
{
	if (len < 2)
		return false;
	if (memcmp(s, "\xff\xfe", 2) == 0 || memcmp(s, "\xfe\xff", 2) == 0)
		return true;
	size_t zeros = s[0] == '\0' ? 0 : 1; /* where they are, big-endian first */
	if (zeros == 1 && len % 2 == 1)
		return false; /* a line ends between two characters */
	for (size_t i = 0; i < len; i++) {
		if ((s[i] == '\0') != ((i & 1) == zeros))
			return false;
	}
	return true;
}

size_t utf8_incomplete_length(const char *s, size_t len)
{
	size_t most = len < 3 ? len : 3;

	for (size_t n = 1; n <= most; n++) {
		uint8_t byte = (uint8_t)s[len - n];
		if ((byte & 0xc0) != 0x80)
			return length_by(byte) > n ? n : 0;
	}
	return 0;
}
