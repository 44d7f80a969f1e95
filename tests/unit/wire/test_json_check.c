/* JSON is judged as RFC 8259 has it, and as jansson judges it. */
#include "../unit.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "wire/json_check.h"

enum { G = JSON_GOOD, M = JSON_MALFORMED, B = JSON_BIG_NUMBER };

static const struct {
	const char *text;
	int want;
	size_t line, column;
} rows[] = {
    {"", M, 1, 1},
    {" \n\t\r ", M, 2, 4},
    {"[]", G, 0, 0},
    {" [ ] \n", G, 0, 0},
    {"{}", G, 0, 0},
    {"[", M, 1, 2},
    {"{", M, 1, 2},
    {"]", M, 1, 1},
    {"[}", M, 1, 2},
    {"{]", M, 1, 2},
    {"[]]", M, 1, 3},
    {"[] x", M, 1, 4},
    {"[,]", M, 1, 2},
    {"[1,]", M, 1, 4},
    {"[1 2]", M, 1, 4},
    {"[[],{}]", G, 0, 0},
    {"{\"a\":1}", G, 0, 0},
    {"{\"a\":1,}", M, 1, 8},
    {"{\"a\"}", M, 1, 5},
    {"{\"a\":}", M, 1, 6},
    {"{\"a\" : 1 , \"b\" : [ 2 ] }", G, 0, 0},
    {"{a:1}", M, 1, 2},
    {"{1:1}", M, 1, 2},
    {"{\"a\":1,\"a\":2}", M, 1, 11},
    {"{\"a\":1,\"\\u0061\":2}", M, 1, 16},
    {"{\"\":1,\"\":2}", M, 1, 9},
    {"{\"a\":{\"a\":{\"a\":1}},\"b\":{\"a\":1}}", G, 0, 0},
    {"[{\"a\":1},{\"a\":1}]", G, 0, 0},
    {"{\"x\":{\"a\":1},\"a\":1,\"b\":[{\"a\":1}],\"a\":0}", M, 1, 37},
    {"[true,false,null]", G, 0, 0},
    {"[True]", M, 1, 2},
    {"[tru]", M, 1, 2},
    {"[nul", M, 1, 2},
    {"[truex]", M, 1, 6},
    {"['a']", M, 1, 2},
    {"[NaN]", M, 1, 2},
    {"[Infinity]", M, 1, 2},
    {"[-Infinity]", M, 1, 3},
    {"[/* x */1]", M, 1, 2},
    {"\xef\xbb\xbf[]", M, 1, 1},
    /* numbers */
    {"[0,-0,1,-1,10]", G, 0, 0},
    {"[01]", M, 1, 3},
    {"[-]", M, 1, 3},
    {"[+1]", M, 1, 2},
    {"[.5]", M, 1, 2},
    {"[1.]", M, 1, 4},
    {"[1.5,0.5,-0.5e1,1E5,1e+5,1e-5]", G, 0, 0},
    {"[1e]", M, 1, 4},
    {"[1e+]", M, 1, 5},
    {"[0x10]", M, 1, 3},
    {"[1a]", M, 1, 3},
    {"[--1]", M, 1, 3},
    {"[9223372036854775807,-9223372036854775808]", G, 0, 0},
    {"[9223372036854775808]", B, 1, 21},
    {"[-9223372036854775809]", B, 1, 22},
    {"[99999999999999999999999999999999]", B, 1, 34},
    {"[1e308,1.7976931348623157e308,-1.7976931348623157e308]", G, 0, 0},
    {"[1.7976931348623158e308]", G, 0, 0},
    {"[1.7976931348623159e308]", B, 1, 24},
    {"[17976931348623159e292,1]", B, 1, 23},
    {"[0.00017976931348623157e312]", G, 0, 0},
    {"[1e309]", B, 1, 7},
    {"[-1e309]", B, 1, 8},
    {"[1e99999999999999999999]", B, 1, 24},
    {"[1e-99999999999999999999]", G, 0, 0},
    {"[0e99999999999999999999,0.000e400]", G, 0, 0},
    {"[0.000000001e316,1]", G, 0, 0},
    {"[0.000000001e318,1]", B, 1, 17},
    /* strings */
    {"[\"\"]", G, 0, 0},
    {"[\"a", M, 1, 4},
    {"[\"a\\", M, 1, 4},
    {"[\"a\\\"", M, 1, 6},
    {"[\"\t\"]", M, 1, 3},
    {"[\"\n\"]", M, 1, 3},
    {"[\"\x1f\"]", M, 1, 3},
    {"[\"\x7f\"]", G, 0, 0},
    {"[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u00E9\"]", G, 0, 0},
    {"[\"\\a\"]", M, 1, 3},
    {"[\"\\x41\"]", M, 1, 3},
    {"[\"\\u\"]", M, 1, 3},
    {"[\"\\u12\"]", M, 1, 3},
    {"[\"\\u12g4\"]", M, 1, 3},
    {"[\"\\U0041\"]", M, 1, 3},
    {"[\"\\u0000\"]", M, 1, 3},
    {"[\"\\u0001\"]", G, 0, 0},
    {"{\"\\u0000\":1}", M, 1, 3},
    {"[\"\\ud83d\\ude00\"]", G, 0, 0},
    {"[\"\\uD83D\\uDE00\"]", G, 0, 0},
    {"[\"\\ud83d\"]", M, 1, 3},
    {"[\"\\ud83d\\n\"]", M, 1, 3},
    {"[\"\\ud83dxxxxxx\"]", M, 1, 3},
    {"[\"\\ud83d\\ud83d\"]", M, 1, 3},
    {"[\"\\ud83d\\u0041\"]", M, 1, 3},
    {"[\"\\ude00\"]", M, 1, 3},
    {"[\"\\ude00\\ud83d\"]", M, 1, 3},
    {"[\"\\ud83d\\ude0", M, 1, 3},
    /* UTF-8 */
    {"[\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\",x]", M, 1, 8},
    {"[\"\xc3\xa9\"]", G, 0, 0},
    {"[\"\xf4\x8f\xbf\xbf\"]", G, 0, 0},
    {"[\"\xff\"]", M, 1, 3},
    {"[\"\x80\"]", M, 1, 3},
    {"[\"\xc0\xaf\"]", M, 1, 3},
    {"[\"\xe0\x80\xaf\"]", M, 1, 3},
    {"[\"\xed\xa0\x80\"]", M, 1, 3},
    {"[\"\xf4\x90\x80\x80\"]", M, 1, 3},
    {"[\"\xc3\"]", M, 1, 3},
    {"[\"\xf0\x9f\x98", M, 1, 3},
    {"[\n\n  x]", M, 3, 3},
};

/* As jansson has it; a number out of bounds is of its own kind. */
static int judge_by_jansson(const char *text, size_t len)
{
	json_error_t error;
	json_auto_t *value = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);

	if (value != NULL)
		return JSON_GOOD;
	return json_error_code(&error) == json_error_numeric_overflow ? JSON_BIG_NUMBER
								      : JSON_MALFORMED;
}

/* The text in memory of its own length, so that a byte read too far shows. */
static int judge(const char *text, size_t len, struct json_report *report)
{
	AUTO_FREE char *copy = xmalloc(len);

	memcpy(copy, text, len);
	int want = judge_by_jansson(text, len), got = (int)json_check(copy, len, report);
	/* jansson passes over a NUL behind a number or a word */
	ck_assert_msg(got == want || (got == JSON_MALFORMED && memchr(text, 0, len) != NULL),
	    "%d, not %d: %.*s", got, want, (int)len, text);
	return (int)json_check(copy, len, report);
}

TEST(judges)
{
	struct json_report report;

	ck_assert_msg(judge(rows[_i].text, strlen(rows[_i].text), &report) == rows[_i].want, "%s",
	    rows[_i].text);
	ck_assert_msg((report.fault == NULL) == (rows[_i].want == JSON_GOOD), "%s", rows[_i].text);
	ck_assert_msg(report.line == rows[_i].line && report.column == rows[_i].column,
	    "%s: line %zu, column %zu", rows[_i].text, report.line, report.column);
}

TEST(nul_in_the_text)
{
	struct json_report report;

	ck_assert_int_eq(judge("[\0]", 3, &report), JSON_MALFORMED);
	ck_assert_int_eq(judge("[\"\0\"]", 5, &report), JSON_MALFORMED);
	ck_assert_int_eq(json_check(NULL, 0, &report), JSON_MALFORMED);
	ck_assert_int_eq(judge("[1\0]", 4, &report), JSON_MALFORMED);
	ck_assert_int_eq(judge("[]\0", 3, &report), JSON_MALFORMED);
	ck_assert_int_eq(judge("[\"\\\0\"]", 6, &report), JSON_MALFORMED);
}

/* Any byte, in each place where it may matter. */
TEST(each_byte)
{
	static const char *const forms[] = {"[\"%\"]", "[\"\\%\"]", "[%]", "[1%]", "{%\"a\":1}",
	    "[\"\xe2%\xac\"]", "[\"\\u004%\"]"};
	struct json_report report;
	char text[32];

	for (size_t i = 0; i < N_ROWS(forms); i++) {
		for (int byte = 0; byte < 256; byte++) {
			strcpy(text, forms[i]);
			*strchr(text, '%') = (char)byte;
			(void)judge(text, strlen(forms[i]), &report);
		}
	}
}

/* What begins well is good nowhere before its end. */
TEST(each_length)
{
	static const char text[] =
	    "{\"a\\n\":[1.5e-3,\"\\ud83d\\ude00\xc3\xa9\",{\"b\":null}],\"c\":true}";
	struct json_report report;

	for (size_t len = 0; len < sizeof(text) - 1; len++)
		ck_assert_int_eq(judge(text, len, &report), JSON_MALFORMED);
	ck_assert_int_eq(judge(text, sizeof(text) - 1, &report), JSON_GOOD);
	ck_assert_uint_eq(report.n_values, 7);
}

static void repeat(struct buf *b, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_add_str(b, text);
}

TEST(depth)
{
	static const struct {
		const char *open, *inner, *close;
		size_t n;
		int want;
	} cases[] = {
	    {"[", "", "]", JSON_MAX_DEPTH, G},
	    {"[", "", "]", JSON_MAX_DEPTH + 1, M},
	    {"[", "1", "]", JSON_MAX_DEPTH - 1, G},
	    {"[", "1", "]", JSON_MAX_DEPTH, M},
	    {"{\"a\":", "1", "}", JSON_MAX_DEPTH - 1, G},
	    {"{\"a\":", "1", "}", JSON_MAX_DEPTH, M},
	    {"[", "", "]", 1000000, M},
	};
	struct json_report report;
	struct buf b;

	buf_init(&b, 1 << 24);
	for (size_t i = 0; i < N_ROWS(cases); i++) {
		buf_clear(&b);
		repeat(&b, cases[i].open, cases[i].n);
		buf_add_str(&b, cases[i].inner);
		repeat(&b, cases[i].close, cases[i].n);
		ck_assert_msg(judge(b.data, b.len, &report) == cases[i].want, "%zu", i);
	}
	buf_done(&b);
}

TEST(members)
{
	struct json_report report;
	struct buf b;

	buf_init(&b, 1 << 24);
	for (int n = JSON_MAX_MEMBERS; n <= JSON_MAX_MEMBERS + 1; n++) {
		buf_clear(&b);
		buf_add_str(&b, "[{\"inner\":{\"a\":1}");
		for (int i = 1; i < n; i++)
			buf_addf(&b, ",\"%d\":%d", i, i);
		buf_add_str(&b, "},{\"1\":2}]");
		ck_assert_int_eq(json_check(b.data, b.len, &report),
		    n == JSON_MAX_MEMBERS ? JSON_GOOD : JSON_BIG_OBJECT);
	}
	buf_done(&b);
}

/* Digits behind those that a double can hold decide whether it is too large. */
TEST(long_numbers)
{
	static const char
	    most[] = /* halfway between the largest double and the next that would be */
	    "17976931348623158079372897140530341507993413271003782693617377898044496829276475094664"
	    "90179775872070963302864166928879109465555478519404026306574886715058206819089020007083"
	    "83676273854845817711531764475730270069855571366959622842914819860834936475292719074168"
	    "444365510704342711559699508093042880177904174497792";
	struct json_report report;
	struct buf b;

	buf_init(&b, 1 << 20);
	buf_addf(&b, "[%s.0]", most);
	ck_assert_int_eq(judge(b.data, b.len, &report), JSON_BIG_NUMBER);
	buf_clear(&b);
	buf_addf(&b, "[%.304s97791.", most);
	repeat(&b, "9", 1000);
	buf_add_char(&b, ']');
	ck_assert_int_eq(judge(b.data, b.len, &report), JSON_GOOD);
	buf_clear(&b);
	buf_add_str(&b, "[0.");
	repeat(&b, "0", 100000);
	buf_add_str(&b, "1e100300,1]");
	ck_assert_int_eq(judge(b.data, b.len, &report), JSON_GOOD);
	buf_clear(&b);
	buf_add_char(&b, '[');
	repeat(&b, "9", 100000);
	buf_add_str(&b, "e-99700]");
	ck_assert_int_eq(judge(b.data, b.len, &report), JSON_GOOD);
	buf_done(&b);
}

SUITE(json_check)
{
	ADD_ROWS(judges, rows);
	ADD(nul_in_the_text);
	ADD(each_byte);
	ADD(each_length);
	ADD(depth);
	ADD(members);
	ADD(long_numbers);
}
