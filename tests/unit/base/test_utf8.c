/* UTF-8 against its definition. */
#include "../unit.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/utf8.h"

static const struct {
	const char *name, *bytes;
} none[] = {
    {"a continuation", "\x80"},
    {"the last continuation", "\xbf"},
    {"two bytes cut short", "\xc3"},
    {"three bytes cut short", "\xe2\x98"},
    {"four bytes cut short", "\xf0\x9f\x98"},
    {"two bytes and no continuation", "\xc3z"},
    {"three bytes and no continuation", "\xe2\x98z"},
    {"four bytes and no continuation", "\xf0\x9f\x98z"},
    {"a start behind a start", "\xc3\xc3"},
    {"an overlong NUL", "\xc0\x80"},
    {"an overlong slash", "\xc0\xaf"},
    {"overlong in two", "\xc1\xbf"},
    {"overlong in three", "\xe0\x9f\xbf"},
    {"overlong in four", "\xf0\x8f\xbf\xbf"},
    {"the first surrogate", "\xed\xa0\x80"},
    {"the last surrogate", "\xed\xbf\xbf"},
    {"past the last", "\xf4\x90\x80\x80"},
    {"far past the last", "\xf5\x80\x80\x80"},
    {"five bytes", "\xf8\x88\x80\x80\x80"},
    {"six bytes", "\xfc\x84\x80\x80\x80\x80"},
    {"never a byte", "\xfe\x80"},
    {"never a byte either", "\xff\x80"},
};

TEST(refuses)
{
	size_t len = strlen(none[_i].bytes);
	AUTO_FREE char *copy = xmalloc(len); /* exact, so that a sanitizer sees one byte too far */

	memcpy(copy, none[_i].bytes, len);
	ck_assert_msg(utf8_length(copy, len) == 0, "%s", none[_i].name);
}

/* Every code point in its one form, and no byte more. */
TEST(measures_every_character)
{
	for (uint32_t c = 0; c <= 0x110000; c += c < 0x11000 ? 1 : 251) {
		char s[4];
		size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
		for (size_t i = n; i-- > 0;)
			s[i] = (char)(i > 0 ? 0x80 | (c >> (6 * (n - 1 - i)) & 0x3f)
					    : leads[n] | c >> (6 * (n - 1)));
		bool is_character = c < 0x110000 && (c < 0xd800 || c > 0xdfff);
		ck_assert_msg(utf8_length(s, n) == (is_character ? n : 0), "U+%04X", c);
		if (n > 1)
			ck_assert_msg(utf8_length(s, n - 1) == 0, "U+%04X cut", c);
		bool is_control = c < 0x20 || (c >= 0x7f && c < 0xa0);
		if (is_character)
			ck_assert_msg(utf8_is_control(s, n) == is_control, "U+%04X", c);
	}
}

TEST(what_follows_does_not_matter)
{
	ck_assert_uint_eq(utf8_length("a\xff", 2), 1);
	ck_assert_uint_eq(utf8_length("\xc3\xa9\xff", 3), 2);
	ck_assert_uint_eq(utf8_length("\0x", 2), 1);
}

SUITE(utf8)
{
	ADD_ROWS(refuses, none);
	ADD(measures_every_character);
	ADD(what_follows_does_not_matter);
}
