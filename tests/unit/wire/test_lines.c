/* Names a line, however their bytes arrive. */
#include "../unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "model/file.h"
#include "wire/lines.h"

enum { LONG = LINES_MAX }; /* the first length that is too long for a line */

/* Names as one text: each in angle brackets. Of a file its URL, with its name behind a bar. */
static void on_name(const char *name, size_t len, void *arg)
{
	struct buf *names = arg;

	buf_add_char(names, '<');
	buf_add(names, name, len);
	buf_add_char(names, '>');
}

static void on_file(const char *packed, size_t len, void *arg)
{
	struct buf *names = arg;
	struct file_item item;

	ck_assert(file_item_read(packed, len, &item));
	buf_add_char(names, '<');
	buf_add(names, item.url.bytes, item.url.len);
	if (item.name.len > 0)
		buf_addf(names, "|%.*s", (int)item.name.len, item.name.bytes);
	buf_add_char(names, '>');
}

struct outcome {
	struct buf names;
	bool is_good;
	struct problem problem;
};

/* Feed the body cut at up to three places, each piece from memory of exactly its size. */
static struct outcome feed(enum lines_format format, bool has_files, const char *body, size_t len,
    const size_t cuts[static 3])
{
	lines_fn *on_item = has_files ? on_file : on_name;
	struct outcome o = {.is_good = true};
	struct lines l;
	size_t from = 0;

	buf_init(&o.names, 1 << 18);
	lines_init(&l, format, has_files);
	for (int i = 0; i <= 3 && o.is_good; i++) {
		size_t to = i < 3 && cuts[i] < len ? cuts[i] : len;
		if (to < from)
			to = from;
		AUTO_FREE char *piece = xmalloc(to - from);
		memcpy(piece, body + from, to - from);
		o.is_good = lines_feed(&l, piece, to - from, on_item, &o.names, &o.problem);
		from = to;
	}
	o.is_good = o.is_good && lines_finish(&l, on_item, &o.names, &o.problem);
	lines_done(&l);
	return o;
}

static void check(const char *row, enum lines_format format, bool has_files, const char *body,
    size_t len, const char *want, const size_t cuts[static 3])
{
	struct outcome o = feed(format, has_files, body, len, cuts);

	buf_add_str(&o.names, o.is_good ? "" : "!");
	buf_add_str(&o.names, o.is_good ? "" : o.problem.detail);
	ck_assert_int_eq(o.is_good, o.problem.status == 0);
	ck_assert_msg(strcmp(o.names.data != NULL ? o.names.data : "", want) == 0,
	    "%s, cut at %zu, %zu, %zu:\n got: %s\nwant: %s", row, cuts[0], cuts[1], cuts[2],
	    o.names.data, want);
	problem_done(&o.problem);
	buf_done(&o.names);
}

#define NOT_JSON(n)  "!Line " #n " of the body is not valid JSON."
#define MARK         "\xef\xbb\xbf"
#define IS_WIDE      "!The body is UTF-16; it must be UTF-8."
#define NO_DOMAIN(n) "!Line " #n " is neither a string nor an object with only a \"domain\"."

static const struct {
	const char *name;
	enum lines_format format;
	const char *body, *want;
} bodies[] = {
    {"not JSON", LINES_NDJSON, "\"a\"\nb\n\"c\"", "<a>" NOT_JSON(2)},
    {"not JSON at the end", LINES_NDJSON, "\"a\"\n\n\"b", "<a>" NOT_JSON(3)},
    {"two values", LINES_NDJSON, "\"a\",\"b\"\n", NOT_JSON(1)},
    {"two values without comma", LINES_NDJSON, "\"a\" \"b\"\n", NOT_JSON(1)},
    {"brackets that close ours", LINES_NDJSON, "\"a\"],[\"b\"\n", NOT_JSON(1)},
    {"a comma", LINES_NDJSON, ",\n", NOT_JSON(1)},
    {"not UTF-8", LINES_NDJSON, "\"a\xff\"\n", NOT_JSON(1)},
    {"a raw tab in a string", LINES_NDJSON, "\"a\tb\"\n", NOT_JSON(1)},
    {"NUL by escape", LINES_NDJSON, "\"a\\u0000b\"\n", NOT_JSON(1)},
    {"half a surrogate", LINES_NDJSON, "\"\\ud800\"\n", NOT_JSON(1)},
    {"duplicate keys", LINES_NDJSON, "{\"domain\":\"a\",\"domain\":\"b\"}\n", NOT_JSON(1)},
    {"a comment", LINES_NDJSON, "# a\n", NOT_JSON(1)},
    {"a number", LINES_NDJSON, "1\n", NO_DOMAIN(1)},
    {"null", LINES_NDJSON, "\n \nnull\n", NO_DOMAIN(3)},
    {"a list", LINES_NDJSON, "[\"a\"]\n", NO_DOMAIN(1)},
    {"an object without domain", LINES_NDJSON, "{\"name\":\"a\"}\n", NO_DOMAIN(1)},
    {"an object with more", LINES_NDJSON, "{\"domain\":\"a\",\"x\":1}\n", NO_DOMAIN(1)},
    {"a domain that is no string", LINES_NDJSON, "{\"domain\":7}\n", NO_DOMAIN(1)},
    {"an empty object", LINES_NDJSON, "{}\n", NO_DOMAIN(1)},
    {"strings and objects", LINES_NDJSON,
	"\"a.de\"\n{\"domain\":\"b.de\"}\n { \"domain\" : \"c\" } \r\n", "<a.de><b.de><c>"},
    {"escapes", LINES_NDJSON, "\"b\\u00fccher.de\"\n\"a\\\"b\\\\\"\n\"x\\ny\"\n",
	"<b\xc3\xbc"
	"cher.de><a\"b\\><x\ny>"},
    {"UTF-8", LINES_NDJSON,
	"\"b\xc3\xbc"
	"cher.de\"",
	"<b\xc3\xbc"
	"cher.de>"},
    {"an empty string", LINES_NDJSON, "\"\"\n", "<>"},
    {"a hash in a string", LINES_NDJSON, "\"#a\"\n", "<#a>"},
    {"nothing, NDJSON", LINES_NDJSON, "", ""},
    {"blank lines, NDJSON", LINES_NDJSON, "\r\n\n  \n\"a\"\n\n", "<a>"},

    {"nothing", LINES_TEXT, "", ""},
    {"a line end", LINES_TEXT, "\n", ""},
    {"blank lines", LINES_TEXT, "\n\r\n \t \n\r\r\n", ""},
    {"comments", LINES_TEXT, "#a\n # b\n#\n#", ""},
    {"a hash inside", LINES_TEXT, "a#b\n", "<a#b>"},
    {"one name", LINES_TEXT, "a.de\n", "<a.de>"},
    {"no line end", LINES_TEXT, "a.de", "<a.de>"},
    {"no line end behind others", LINES_TEXT, "a\nb", "<a><b>"},
    {"carriage returns", LINES_TEXT, "a\r\nb\r\nc\r", "<a><b><c>"},
    {"a carriage return inside", LINES_TEXT, "a\rb\n", "<a\rb>"},
    {"spaces around", LINES_TEXT, "  a b\t\n\tc", "<a b><c>"},
    {"bytes of any kind", LINES_TEXT, "\xff\1\x80\n\"a\"\n", "<\xff\1\x80><\"a\">"},

    {"a mark", LINES_TEXT, MARK "a.de\nb\n", "<a.de><b>"},
    {"a mark alone", LINES_TEXT, MARK, ""},
    {"a mark before a comment", LINES_TEXT, MARK "# all\na\n", "<a>"},
    {"a mark before a blank line", LINES_TEXT, MARK "\r\na\n", "<a>"},
    {"a mark in the second line", LINES_TEXT, "a\n" MARK "b\n", "<a><" MARK "b>"},
    {"half a mark", LINES_TEXT, "\xef\xbb", "<\xef\xbb>"},
    {"a mark, NDJSON", LINES_NDJSON, MARK "\"a\"\n\"b\"\n", "<a><b>"},
    {"a mark in the second line, NDJSON", LINES_NDJSON, "\"a\"\n" MARK "\"b\"\n",
	"<a>" NOT_JSON(2)},
    {"UTF-16 by its mark", LINES_TEXT, "\xff\xfe\x61", IS_WIDE},
    {"UTF-16, big-endian", LINES_TEXT, "\xfe\xff\x61", IS_WIDE},
};

TEST(reads_in_pieces)
{
	const char *body = bodies[_i].body;
	size_t len = strlen(body);

	for (size_t a = 0; a <= len; a++) {
		for (size_t b = a; b <= len; b++) {
			size_t cuts[3] = {a, b, b + 1};
			check(bodies[_i].name, bodies[_i].format, false, body, len, bodies[_i].want,
			    cuts);
		}
	}
}

static const struct {
	const char *name, *body;
	size_t len;
	const char *want;
} wides[] = {
    {"little-endian", "a\0.\0\n\0b\0", 8, IS_WIDE},
    {"little-endian, CR LF", "a\0\r\0\n\0", 6, IS_WIDE},
    {"big-endian", "\0a\0.\0\n\0b", 8, IS_WIDE},
    {"a NUL in a name", "a\0b\n", 4, "<a"},
    {"NULs", "\0\0\0\0\n", 5, "<"},
};

TEST(finds_utf16_without_a_mark)
{
	struct outcome o;

	for (size_t cut = 0; cut <= wides[_i].len; cut++) {
		const size_t cuts[3] = {cut, cut, cut};
		check(wides[_i].name, LINES_TEXT, false, wides[_i].body, wides[_i].len,
		    wides[_i].want, cuts);
	}
	o = feed(LINES_NDJSON, false, wides[_i].body, wides[_i].len, (size_t[3]){0, 0, 0});
	ck_assert(!o.is_good);
	problem_done(&o.problem);
	buf_done(&o.names);
}

static const struct {
	const char *name;
	enum lines_format format;
	const char *body, *want;
} files[] = {
    {"not JSON", LINES_NDJSON, "\"a\"\nhttp://a.test/\n", "<a>" NOT_JSON(2)},
    {"a number", LINES_NDJSON, "\n1\n",
	"!Line 2: This must be a URL, or an object with a \"url\"."},
    {"a name's object", LINES_NDJSON, "{\"domain\":\"a\"}\n", "!Line 1, domain: Unknown field."},
    {"an object without url", LINES_NDJSON, "{\"name\":\"a\"}",
	"!Line 1, url: The URL is missing."},
    {"a bad digest", LINES_NDJSON, "\"a\"\n{\"url\":\"b\",\"sha256\":\"0\"}\n",
	"<a>!Line 2, sha256: This must be 64 hexadecimal digits."},
    {"duplicate keys", LINES_NDJSON, "{\"url\":\"a\",\"url\":\"b\"}\n", NOT_JSON(1)},
    {"strings and objects", LINES_NDJSON,
	"\"http://a.test/x\"\n{\"url\":\"b\",\"name\":\"n\"}\r\n\n{ \"url\" : \"c\" }",
	"<http://a.test/x><b|n><c>"},
    {"escapes", LINES_NDJSON, "\"http:\\/\\/a.test\\n\"\n", "<http://a.test >"},
    {"no URL", LINES_NDJSON, "\"\"\n\"x y\"\n", "<><x y>"},
    {"lines", LINES_TEXT, "# all\nhttp://a.test/#x\r\n\n  x y \n\"b\"",
	"<http://a.test/#x><x y><\"b\">"},
    {"objects in text", LINES_TEXT, "{\"url\":\"a\"}\n", "<{\"url\":\"a\"}>"},
    {"bytes of any kind", LINES_TEXT, "\xff\1\x80\n", "<\xff\1\x80>"},
};

TEST(reads_files_in_pieces)
{
	const char *body = files[_i].body;
	size_t len = strlen(body);

	for (size_t a = 0; a <= len; a++) {
		for (size_t b = a; b <= len; b++) {
			size_t cuts[3] = {a, b, b + 1};
			check(files[_i].name, files[_i].format, true, body, len, files[_i].want,
			    cuts);
		}
	}
}

/* A line too long for a URL stays too long for one. */
TEST(long_lines_are_no_shorter_url)
{
	static char body[3 * LONG] = "http://a.test/";
	static const size_t whole[3];

	memset(body + strlen(body), 'a', sizeof(body) - strlen(body));
	for (size_t len = FILE_MAX_URL - 1; len <= sizeof(body); len += len / 2) {
		struct outcome o = feed(LINES_TEXT, true, body, len, whole);
		ck_assert(o.is_good);
		ck_assert_msg(o.names.len - 2 == len || o.names.len - 2 > FILE_MAX_URL,
		    "%zu became %zu", len, o.names.len - 2);
		buf_done(&o.names);
	}
}

TEST(a_nul_is_a_byte)
{
	static const size_t whole[3];
	struct outcome o = feed(LINES_TEXT, false, "a\0b\nc\0", 6, whole);

	ck_assert(o.is_good);
	ck_assert_uint_eq(o.names.len, 9);
	ck_assert_mem_eq(o.names.data, "<a\0b><c\0>", 9);
	buf_done(&o.names);
}

/* Where a long line may be cut so that something could go wrong. */
static const size_t places[] = {
    0, 1, LONG - 2, LONG - 1, LONG, LONG + 1, LONG + 2, 2 * LONG, 3 * LONG};

/* Feed `first`, a line made of `n` bytes, and `last`, cut at all pairs of places. */
static void check_long(const char *row, enum lines_format format, const char *first, size_t n,
    const char *last, const char *want)
{
	size_t before = strlen(first), len = before + n + strlen(last);
	AUTO_FREE char *body = xmalloc(len + 1);

	memcpy(body, first, before);
	memset(body + before, 'x', n);
	memcpy(body + before + n, last, strlen(last) + 1);
	for (size_t i = 0; i < N_ROWS(places); i++) {
		for (size_t k = i; k < N_ROWS(places); k++) {
			size_t cuts[3] = {
			    before + places[i], before + places[k], len - strlen(last) + 1};
			check(row, format, false, body, len, want, cuts);
		}
	}
}

static const struct {
	const char *name;
	size_t n, n_kept;
} lengths[] = {
    {"the longest but one", LONG - 2, LONG - 2},
    {"the longest", LONG - 1, LONG - 1},
    {"one too long", LONG, LONG},
    {"two too long", LONG + 1, LONG},
    {"twice too long", 2 * LONG, LONG},
    {"very long", 5 * LONG + 7, LONG},
};

/* A line too long for a name is one name that is none, and the next line begins after its end. */
TEST(long_text_lines_are_cut)
{
	size_t n = lengths[_i].n_kept;
	AUTO_FREE char *want = xmalloc(n + 16);

	memcpy(want, "<a><", 4);
	memset(want + 4, 'x', n);
	memcpy(want + 4 + n, "><b>", 5);
	check_long(lengths[_i].name, LINES_TEXT, "a\n", lengths[_i].n, "\nb\n", want);
	check_long(lengths[_i].name, LINES_TEXT, "a\n", lengths[_i].n, "\r\nb", want);
	want[4 + n + 1] = '\0';
	check_long(lengths[_i].name, LINES_TEXT, "a\n", lengths[_i].n, "", want);
}

TEST(long_comments_are_passed_over)
{
	check_long(lengths[_i].name, LINES_TEXT, "a\n#", lengths[_i].n, "\nb\n", "<a><b>");
}

TEST(long_json_lines_are_a_fault)
{
	size_t n = lengths[_i].n;
	bool is_long = n > LONG - 1;

	if (is_long) {
		check_long(lengths[_i].name, LINES_NDJSON, "\"a\"\n\n", n, "\n\"b\"\n",
		    "<a>!Line 3 of the body is too long.");
		return;
	}
	check_long(lengths[_i].name, LINES_NDJSON, "\"a\"\n\n", n, "\n\"b\"\n", "<a>" NOT_JSON(3));
}

TEST(the_longest_json_line_is_read)
{
	char body[LONG], want[LONG + 2];
	static const size_t whole[3];

	for (int is_escaped = 0; is_escaped < 2; is_escaped++) {
		memset(body, 'x', sizeof(body));
		memset(want, 'x', sizeof(want));
		body[0] = body[LONG - 2] = '"';
		body[LONG - 1] = '\n';
		size_t n = LONG - 3;
		if (is_escaped) {
			body[1] = body[2] = '\\';
			want[1] = '\\';
			n--;
		}
		want[0] = '<';
		memcpy(want + 1 + n, ">", 2);
		check("longest", LINES_NDJSON, false, body, LONG, want, whole);
	}
}

TEST(counts_lines)
{
	struct lines l;
	struct buf names;
	struct problem p = {0};

	buf_init(&names, 100);
	lines_init(&l, LINES_TEXT, false);
	ck_assert(lines_feed(&l, "a\n\n#\nb", 6, on_name, &names, &p));
	ck_assert_uint_eq(l.n, 3);
	ck_assert(lines_finish(&l, on_name, &names, &p));
	ck_assert_uint_eq(l.n, 4);
	ck_assert(lines_finish(&l, on_name, &names, &p));
	ck_assert_uint_eq(l.n, 4);
	ck_assert_str_eq(names.data, "<a><b>");
	lines_done(&l);
	lines_done(&l);
	buf_done(&names);
}

SUITE(lines)
{
	ADD_ROWS(reads_in_pieces, bodies);
	ADD_ROWS(finds_utf16_without_a_mark, wides);
	ADD_ROWS(reads_files_in_pieces, files);
	ADD(long_lines_are_no_shorter_url);
	ADD(a_nul_is_a_byte);
	ADD_ROWS(long_text_lines_are_cut, lengths);
	ADD_ROWS(long_comments_are_passed_over, lengths);
	ADD_ROWS(long_json_lines_are_a_fault, lengths);
	ADD(the_longest_json_line_is_read);
	ADD(counts_lines);
}
