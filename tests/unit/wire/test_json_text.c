/* JSON written by hand, read back by a parser that is not ours. */
#include "../unit.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "wire/json_text.h"

#define FFFD "\xef\xbf\xbd"

static const struct {
	const char *name, *bytes, *want;
} strings[] = {
    {"a continuation alone", "\x80", FFFD},
    {"two bytes cut short", "a\xc3", "a" FFFD},
    {"three bytes cut short", "\xe2\x98", FFFD FFFD},
    {"four bytes cut short", "\xf0\x9f\x98", FFFD FFFD FFFD},
    {"a cut one before others", "\xe2\x98z", FFFD FFFD "z"},
    {"overlong slash", "\xc0\xaf", FFFD FFFD},
    {"overlong in three", "\xe0\x80\xaf", FFFD FFFD FFFD},
    {"overlong in four", "\xf0\x80\x80\xaf", FFFD FFFD FFFD FFFD},
    {"low surrogate", "\xed\xb0\x80", FFFD FFFD FFFD},
    {"past the last", "\xf4\x90\x80\x80", FFFD FFFD FFFD FFFD},
    {"five bytes", "\xf8\x88\x80\x80\x80", FFFD FFFD FFFD FFFD FFFD},
    {"never a byte", "\xfe\xff", FFFD FFFD},
    {"nothing", "", ""},
    {"plain", "example.com", "example.com"},
    {"to escape", "\"\\\b\f\n\r\t\1\x1f\x7f/", "\"\\\b\f\n\r\t\1\x1f\x7f/"},
    {"two bytes", "\xc2\x80\xdf\xbf", "\xc2\x80\xdf\xbf"},
    {"three bytes", "\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf",
	"\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"},
    {"four bytes", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
};

TEST(strings_read_back)
{
	struct buf b;
	size_t len = strlen(strings[_i].bytes);
	AUTO_FREE char *copy = xmalloc(len);

	memcpy(copy, strings[_i].bytes, len);
	buf_init(&b, 1000);
	json_add_string(&b, copy, len);
	json_auto_t *value = json_loadb(b.data, b.len, JSON_DECODE_ANY, NULL);
	ck_assert_msg(value != NULL, "%s: %s", strings[_i].name, b.data);
	ck_row_str(strings[_i].name, json_string_value(value), strings[_i].want);
	buf_done(&b);
}

static const struct {
	const char *name, *bytes, *want;
} escapes[] = {
    {"an override of direction", "a\xe2\x80\xae", "\"a\\u202e\""},
    {"an isolate", "\xe2\x81\xa6", "\"\\u2066\""},
    {"no width", "\xe2\x80\x8b\xef\xbb\xbf", "\"\\u200b\\ufeff\""},
    {"an end of a line", "\xe2\x80\xa8", "\"\\u2028\""},
    {"C1", "\xc2\x9b", "\"\\u009b\""},
    {"a tag", "\xf3\xa0\x81\xa1", "\"\\udb40\\udc61\""},
};

TEST(what_is_not_seen_is_escaped)
{
	struct buf b;

	buf_init(&b, 1000);
	json_add_string(&b, escapes[_i].bytes, strlen(escapes[_i].bytes));
	ck_row_str(escapes[_i].name, b.data, escapes[_i].want);
	json_auto_t *value = json_loadb(b.data, b.len, JSON_DECODE_ANY, NULL);
	ck_row_str(escapes[_i].name, json_string_value(value), escapes[_i].bytes);
	buf_done(&b);
}

TEST(a_nul_is_escaped)
{
	struct buf b;

	buf_init(&b, 100);
	json_add_string(&b, "a\0b", 3);
	ck_assert_str_eq(b.data, "\"a\\u0000b\"");
	buf_done(&b);
}

/* A terminal that shows JSON must not obey what is in it. */
TEST(controls_are_escaped)
{
	struct buf b;

	buf_init(&b, 100);
	json_add_string(&b, "\033\x7f\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", 10);
	ck_assert_str_eq(b.data, "\"\\u001b\\u007f\\u0080\\u009b\\u009f\xc2\xa0\"");
	buf_done(&b);
}

TEST(null_is_no_string)
{
	struct buf b;

	buf_init(&b, 100);
	json_add_optional(&b, NULL);
	json_add_optional(&b, "");
	json_add_optional(&b, "x");
	ck_assert_str_eq(b.data, "null\"\"\"x\"");
	buf_done(&b);
}

static const struct {
	usec_t value;
	const char *name;
} msecs[] = {{0, "0.000"}, {1, "0.001"}, {10, "0.010"}, {412, "0.412"}, {999, "0.999"},
    {1000, "1.000"}, {1001, "1.001"}, {1234567, "1234.567"}, {INT64_MAX, "9223372036854775.807"}};

TEST(milliseconds_have_three_decimals)
{
	struct buf b;

	buf_init(&b, 100);
	json_add_msec(&b, msecs[_i].value);
	ck_row_str(msecs[_i].name, b.data, msecs[_i].name);
	buf_done(&b);
}

TEST(times_are_text_or_null)
{
	struct buf b;

	buf_init(&b, 100);
	json_add_time(&b, 0);
	json_add_time(&b, 1795348800123456);
	ck_assert_str_eq(b.data, "null\"2026-11-22T12:00:00.123Z\"");
	buf_done(&b);
}

SUITE(json_text)
{
	ADD_ROWS(strings_read_back, strings);
	ADD_ROWS(what_is_not_seen_is_escaped, escapes);
	ADD(a_nul_is_escaped);
	ADD(controls_are_escaped);
	ADD(null_is_no_string);
	ADD_ROWS(milliseconds_have_three_decimals, msecs);
	ADD(times_are_text_or_null);
}
