/* The classes of bytes in HTTP. */
#include "http/chars.h"

#include <string.h>

/* 1: a token character (RFC 9110 section 5.6.2) */
/* clang-format off */
static const unsigned char tokens[256] = {
    ['0' ... '9'] = 1, ['A' ... 'Z'] = 1, ['a' ... 'z'] = 1, ['!'] = 1, ['#'] = 1, ['$'] = 1,
    ['%'] = 1, ['&'] = 1, ['\''] = 1, ['*'] = 1, ['+'] = 1, ['-'] = 1, ['.'] = 1, ['^'] = 1,
    ['_'] = 1, ['`'] = 1, ['|'] = 1, ['~'] = 1};
/* clang-format on */

bool char_is_token(unsigned char c)
{
	return tokens[c] != 0;
}

bool char_is_blank(unsigned char c)
{
	return c == ' ' || c == '\t';
}

bool char_is_visible(unsigned char c)
{
	return c > 0x20 && c < 0x7f;
}

bool char_is_value(unsigned char c)
{
	return (c >= 0x20 && c != 0x7f) || c == '\t';
}

bool span_is_token(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!char_is_token((unsigned char)s.data[i]))
			return false;
	}
	return s.len > 0;
}

static char to_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool span_same(struct slice a, struct slice b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (to_lower(a.data[i]) != to_lower(b.data[i]))
			return false;
	}
	return true;
}

bool span_equals(struct slice s, const char *text)
{
	return span_same(s, (struct slice){text, strlen(text)});
}

struct slice span_trim(struct slice s)
{
	while (s.len > 0 && char_is_blank((unsigned char)s.data[s.len - 1]))
		s.len--;
	while (s.len > 0 && char_is_blank((unsigned char)s.data[0])) {
		s.data++;
		s.len--;
	}
	return s;
}

bool span_next(struct slice *list, struct slice *ret_element)
{
	if (list->data == NULL)
		return false;
	const char *comma = list->len > 0 ? memchr(list->data, ',', list->len) : NULL;
	size_t n = comma != NULL ? (size_t)(comma - list->data) : list->len;
	*ret_element = span_trim((struct slice){list->data, n});
	*list = comma != NULL ? (struct slice){comma + 1, list->len - n - 1} : (struct slice){0};
	return true;
}
