/* Walking through JSON. */
#include "../unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "wire/jvalue.h"

static struct jvalue parse(const char *text)
{
	struct problem p = {.status = 0};
	struct jvalue value = {NULL, 0};

	ck_assert_msg(jvalue_parse_any(text, strlen(text), &value, &p), "%s", text);
	return value;
}

TEST(faults)
{
	static const struct {
		const char *text;
		int status;
	} cases[] = {{"", 400}, {"1", 400}, {"\"a\"", 400}, {"null", 400}, {"[1}", 400},
	    {"[1e999]", 422}, {"[]", 0}, {"{}", 0}};

	for (size_t i = 0; i < N_ROWS(cases); i++) {
		struct problem p = {.status = 0};
		struct jvalue value;
		bool is_good = jvalue_parse(cases[i].text, strlen(cases[i].text), &value, &p);
		ck_assert_msg(
		    p.status == cases[i].status && is_good == (p.status == 0), "%s", cases[i].text);
		problem_done(&p);
	}
}

TEST(walks_a_list)
{
	static const char *const want[] = {
	    "1", "\"a]\\\"\"", "[ 2 , [3] ]", "{ \"x\" : \"}\" }", "true", "-1.5e3"};
	struct jvalue list =
			  parse(" [ 1 , \"a]\\\"\",[ 2 , [3] ] , { \"x\" : \"}\" },true,-1.5e3 ] "),
		      element;
	const char *at = jvalue_begin(list), types[] = "0\"[{t0";
	size_t n = 0;

	for (; jvalue_next(&at, &element); n++) {
		AUTO_FREE char *text = xstrndup(element.at, element.len);
		ck_row_str("element", text, want[n]);
		ck_assert_int_eq(jvalue_type(element), types[n]);
	}
	ck_assert_uint_eq(n, N_ROWS(want));
}

TEST(finds_members)
{
	struct jvalue o = parse("{\"a\":1,\"ab\":2,\"\\u0061bc\":{\"a\":4},\"\":[5],\"n\":null}");
	int64_t number;

	ck_assert(jvalue_integer(jvalue_find(o, "a"), &number) && number == 1);
	ck_assert(jvalue_integer(jvalue_find(o, "ab"), &number) && number == 2);
	ck_assert(jvalue_integer(jvalue_find(jvalue_find(o, "abc"), "a"), &number) && number == 4);
	ck_assert_int_eq(jvalue_type(jvalue_find(o, "")), '[');
	ck_assert_int_eq(jvalue_type(jvalue_find(o, "n")), 'n');
	ck_assert_int_eq(jvalue_type(jvalue_find(o, "b")), '\0');
	ck_assert_int_eq(jvalue_type(jvalue_find(o, "abcd")), '\0');
	ck_assert_int_eq(jvalue_type(jvalue_find(jvalue_find(o, "b"), "a")), '\0');
	ck_assert_int_eq(jvalue_type(jvalue_find(jvalue_find(o, ""), "a")), '\0');
}

TEST(copies_strings)
{
	char text[64];

	ck_assert_uint_eq(
	    jvalue_copy(parse("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), text, sizeof(text)), 8);
	ck_assert_str_eq(text, "\"\\/\b\f\n\r\t");
	ck_assert_uint_eq(
	    jvalue_copy(parse("\"a\\u007f\\u00e9\\u20ac\\uffff\\ud83d\\ude00\xc3\xa9\""), text,
		sizeof(text)),
	    16);
	ck_assert_str_eq(text, "a\x7f\xc3\xa9\xe2\x82\xac\xef\xbf\xbf\xf0\x9f\x98\x80\xc3\xa9");
	ck_assert_uint_eq(jvalue_copy(parse("\"abcdefgh\""), text, 5), 4);
	ck_assert_str_eq(text, "abcd");
	ck_assert_uint_eq(jvalue_copy(parse("\"abc\\ud83d\\ude00\""), text, 7), 3);
	ck_assert_str_eq(text, "abc");
	ck_assert_uint_eq(jvalue_copy(parse("7"), text, 5), 0);
	ck_assert_str_eq(text, "");
	ck_assert_uint_eq(jvalue_copy((struct jvalue){NULL, 0}, text, 5), 0);
}

TEST(reads_integers)
{
	int64_t number = 5;

	ck_assert(jvalue_integer(parse("-0"), &number) && number == 0);
	ck_assert(jvalue_integer(parse("-9223372036854775808"), &number) && number == INT64_MIN);
	ck_assert(jvalue_integer(parse("9223372036854775807"), &number) && number == INT64_MAX);
	ck_assert(!jvalue_integer(parse("5.0"), &number));
	ck_assert(!jvalue_integer(parse("5e0"), &number));
	ck_assert(!jvalue_integer(parse("1.00000000000000000000000000000000"), &number));
	ck_assert(!jvalue_integer(parse("\"5\""), &number));
	ck_assert(!jvalue_integer((struct jvalue){NULL, 0}, &number));
}

TEST(compacts)
{
	struct buf b;

	buf_init(&b, 1000);
	jvalue_compact(parse(" { \"a b\" : [ 1 ,\t2 ] ,\r\n \"c\\\" \" : null , \"d\":{ } } "), &b);
	ck_assert_str_eq(b.data, "{\"a b\":[1,2],\"c\\\" \":null,\"d\":{}}");
	buf_done(&b);
}

SUITE(jvalue)
{
	ADD(faults);
	ADD(walks_a_list);
	ADD(finds_members);
	ADD(copies_strings);
	ADD(reads_integers);
	ADD(compacts);
}
