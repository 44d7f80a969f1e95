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

static size_t encode(uint32_t c, char ret_bytes[static 4])
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (size_t i = 0; i < n; i++)
		ret_bytes[i] = (char)(i > 0 ? 0x80 | (c >> (6 * (n - 1 - i)) & 0x3f)
					    : leads[n] | c >> (6 * (n - 1)));
	return n;
}

/* Every code point in its one form, and no byte more. */
TEST(measures_every_character)
{
	for (uint32_t c = 0; c <= 0x110000; c += c < 0x11000 ? 1 : 251) {
		char s[4];
		size_t n = encode(c, s);
		bool is_character = c < 0x110000 && (c < 0xd800 || c > 0xdfff);
		ck_assert_msg(utf8_length(s, n) == (is_character ? n : 0), "U+%04X", c);
		if (n > 1)
			ck_assert_msg(utf8_length(s, n - 1) == 0, "U+%04X cut", c);
		if (is_character)
			ck_assert_msg(utf8_code_point(s, n) == c, "U+%04X", c);
	}
}

TEST(what_follows_does_not_matter)
{
	ck_assert_uint_eq(utf8_length("a\xff", 2), 1);
	ck_assert_uint_eq(utf8_length("\xc3\xa9\xff", 3), 2);
	ck_assert_uint_eq(utf8_length("\0x", 2), 1);
}

static const struct {
	const char *name;
	uint32_t first, last;
} hidden[] = {
    {"C0", 0x00, 0x1f},
    {"delete and C1", 0x7f, 0x9f},
    {"soft hyphen", 0xad, 0xad},
    {"Arabic letter mark", 0x61c, 0x61c},
    {"zero width, marks of direction", 0x200b, 0x200f},
    {"ends of lines and paragraphs, overrides of direction", 0x2028, 0x202e},
    {"word joiner, invisible signs, isolates", 0x2060, 0x206f},
    {"Hangul filler", 0x3164, 0x3164},
    {"variation selectors", 0xfe00, 0xfe0f},
    {"byte order mark", 0xfeff, 0xfeff},
    {"annotations", 0xfff9, 0xfffb},
    {"tags", 0xe0000, 0xe007f},
};

TEST(what_is_not_seen_is_unsafe)
{
	for (uint32_t c = hidden[_i].first; c <= hidden[_i].last; c++) {
		char s[4];
		size_t n = encode(c, s);
		ck_assert_msg(utf8_is_unsafe(s, n), "%s: U+%04X", hidden[_i].name, c);
		ck_assert_uint_eq(utf8_unsafe_length(s, n), n);
	}
}

TEST(what_is_seen_is_safe)
{
	static const uint32_t seen[] = {' ', '~', 0xa0, 0xac, 0xae, 0xe9, 0x34e, 0x350, 0x61b,
	    0x61d, 0x939, 0x94d, 0x115e, 0x1161, 0x200a, 0x2010, 0x2027, 0x202f, 0x205f, 0x2070,
	    0x3042, 0x4e2d, 0xac00, 0xfe10, 0xff21, 0xfffd, 0x1f600, 0xdffff, 0xe1000, 0x10ffff};

	for (size_t i = 0; i < N_ROWS(seen); i++) {
		char s[4];
		size_t n = encode(seen[i], s);
		ck_assert_msg(!utf8_is_unsafe(s, n), "U+%04X", seen[i]);
		ck_assert_uint_eq(utf8_unsafe_length(s, n), 0);
	}
}

static const struct {
	const char *name, *text, *want;
} shown[] = {
    {"nothing", "", ""},
    {"plain", "a b", "a b"},
    {"an escape sequence", "\x1b[2Jx", "_[2Jx"},
    {"delete", "\x7f", "_"},
    {"C1",
	"a\xc2\x9b"
	"b",
	"a_b"},
    {"an override", "exe.\xe2\x80\xaegpj", "exe._gpj"},
    {"an isolate, ended", "\xe2\x81\xa6x\xe2\x81\xa9", "_x_"},
    {"two in a row", "\xe2\x80\x8b\xe2\x80\x8b", "__"},
    {"a tag", "\xf3\xa0\x81\xa1!", "_!"},
    {"a line separator", "a\xe2\x80\xa8z", "a_z"},
    {"no UTF-8", "a\xff\xc3", "a__"},
    {"cut short", "\xe2\x80", "__"},
    {"overlong", "\xc0\x9b", "__"},
    {"other scripts", "caf\xc3\xa9 \xe4\xb8\xad", "caf\xc3\xa9 \xe4\xb8\xad"},
};

TEST(shows)
{
	struct buf b;
	size_t len = strlen(shown[_i].text);
	AUTO_FREE char *copy = xmalloc(len);

	memcpy(copy, shown[_i].text, len);
	buf_init(&b, 100);
	buf_add_str(&b, "");
	utf8_add_visible(&b, copy, len, '_');
	ck_row_str(shown[_i].name, b.data, shown[_i].want);
	buf_done(&b);
}

static const struct {
	const char *text;
	size_t want;
} ends[] = {{"", 0}, {"a", 0}, {"\xc3", 1}, {"a\xe2\x80", 2}, {"\xf0\x9f\x98", 3}, {"\xc3\xa9", 0},
    {"\xe2\x98\x83", 0}, {"\xf0\x9f\x98\x80", 0}, {"\x80\x80\x80\x80", 0}, {"\xff", 0},
    {"\xc3z", 0}, {"\xe2", 1}};

TEST(finds_a_character_cut_short)
{
	ck_assert_uint_eq(
	    utf8_incomplete_length(ends[_i].text, strlen(ends[_i].text)), ends[_i].want);
}

SUITE(utf8)
{
	ADD_ROWS(refuses, none);
	ADD(measures_every_character);
	ADD(what_follows_does_not_matter);
	ADD_ROWS(what_is_not_seen_is_unsafe, hidden);
	ADD(what_is_seen_is_safe);
	ADD_ROWS(shows, shown);
	ADD_ROWS(finds_a_character_cut_short, ends);
}
