/* UTF-8. */
#include "base/utf8.h"

#include <stdint.h>

/* How many bytes a character has that begins with `first`; 0: none begins so. */
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

bool utf8_is_control(const char *s, size_t n)
{
	const uint8_t *u = (const uint8_t *)s;

	return (n == 1 && (u[0] < 0x20 || u[0] == 0x7f)) || (n == 2 && u[0] == 0xc2 && u[1] < 0xa0);
}
