/* Files to fetch as clients write them. */
#include "../unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "model/file.h"
#include "model/url.h"
#include "wire/url_item.h"

/* Read a text that is JSON. */
static struct jvalue parse(const char *text)
{
	struct problem p = {.status = 0};
	struct jvalue value = {NULL, 0};

	ck_assert_msg(jvalue_parse_any(text, strlen(text), &value, &p), "%s", text);
	return value;
}

#define DIGEST "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff"
#define U      "{\"url\":\"u\","

static const struct {
	const char *name, *json, *member;
} bad[] = {
    {"null", "null", ""},
    {"a number", "7", ""},
    {"a truth", "true", ""},
    {"a list", "[\"http://a.test/\"]", ""},
    {"an empty object", "{}", "url"},
    {"no URL", "{\"name\":\"x\"}", "url"},
    {"a URL that is null", "{\"url\":null}", "url"},
    {"a URL that is a number", "{\"url\":7}", "url"},
    {"an unknown member", U "\"nme\":\"x\"}", "nme"},
    {"a member of another kind", U "\"domain\":\"a.test\"}", "domain"},
    {"a member in another case", U "\"Name\":\"x\"}", "Name"},
    {"an empty member", U "\"\":1}", ""},
    {"a name that is a number", U "\"name\":7}", "name"},
    {"a name that is null", U "\"name\":null}", "name"},
    {"an empty name", U "\"name\":\"\"}", "name"},
    {"a digest that is a number", U "\"sha256\":7}", "sha256"},
    {"an empty digest", U "\"sha256\":\"\"}", "sha256"},
    {"a digest too short", U "\"sha256\":\"00\"}", "sha256"},
    {"a digest too long", U "\"sha256\":\"" DIGEST "0\"}", "sha256"},
    {"a digest that is none",
	U "\"sha256\":\"g00102030405060708090a0b0c0d0e0f"
	  "101112131415161718191a1b1c1d1eff\"}",
	"sha256"},
    {"headers that are text", U "\"headers\":\"Accept: a\"}", "headers"},
    {"headers that are a list", U "\"headers\":[\"Accept: a\"]}", "headers"},
    {"headers that are null", U "\"headers\":null}", "headers"},
    {"a header that is a number", U "\"headers\":{\"Accept\":1}}", "headers"},
    {"a header that is null", U "\"headers\":{\"Accept\":null}}", "headers"},
    {"a line feed", U "\"headers\":{\"Accept\":\"a\\nHost: b\"}}", "headers"},
    {"a carriage return", U "\"headers\":{\"Accept\":\"a\\rb\"}}", "headers"},
    {"an escape", U "\"headers\":{\"Accept\":\"\\u001b\"}}", "headers"},
    {"delete", U "\"headers\":{\"Accept\":\"\\u007f\"}}", "headers"},
    {"a header with a line feed in its name", U "\"headers\":{\"Accept\\n\":\"a\"}}", "headers"},
    {"a header with a colon in its name", U "\"headers\":{\"Accept:\":\"a\"}}", "headers"},
    {"a header without a name", U "\"headers\":{\"\":\"a\"}}", "headers"},
    {"Host", U "\"headers\":{\"Host\":\"b.test\"}}", "headers"},
    {"Range", U "\"headers\":{\"Range\":\"bytes=0-1\"}}", "headers"},
    {"Cookie", U "\"headers\":{\"Cookie\":\"a=b\"}}", "headers"},
    {"Connection", U "\"headers\":{\"Connection\":\"close\"}}", "headers"},
    {"Content-Length", U "\"headers\":{\"Content-Length\":\"5\"}}", "headers"},
    {"Transfer-Encoding", U "\"headers\":{\"Transfer-Encoding\":\"chunked\"}}", "headers"},
    {"Accept-Encoding", U "\"headers\":{\"Accept-Encoding\":\"gzip\"}}", "headers"},
    {"Proxy-Authorization", U "\"headers\":{\"Proxy-Authorization\":\"a\"}}", "headers"},
    {"mirrors that are text", U "\"mirrors\":\"http://b.test/\"}", "mirrors"},
    {"a mirror that is a number", U "\"mirrors\":[1]}", "mirrors"},
    {"a mirror that is no URL", U "\"mirrors\":[\"http://b.test/\",\"x\"]}", "mirrors"},
    {"a mirror of another scheme", U "\"mirrors\":[\"ftp://b.test/\"]}", "mirrors"},
    {"nine mirrors",
	U "\"mirrors\":[\"http://b/\",\"http://b/\",\"http://b/\",\"http://b/\",\"http://b/\","
	  "\"http://b/\",\"http://b/\",\"http://b/\",\"http://b/\"]}",
	"mirrors"},
    {"a good one and a bad one", U "\"headers\":{\"Accept\":\"a\",\"TE\":\"b\"}}", "headers"},
};

TEST(refuses)
{
	struct url_item_fault fault = {.member = "untouched"};
	struct jvalue value = parse(bad[_i].json);
	struct buf b;

	buf_init(&b, FILE_ITEM_MAX);
	ck_assert_msg(!url_item_add(&b, value, &fault), "%s", bad[_i].name);
	ck_row_str(bad[_i].name, fault.member, bad[_i].member);
	ck_assert_uint_gt(strlen(fault.detail), 10);
	ck_assert_uint_eq(b.len, 0);
	buf_done(&b);
}

static const struct {
	const char *name, *json, *url, *file, *sha256, *headers;
} good[] = {
    {"a string", "\"http://a.test/\"", "http://a.test/", "", "", ""},
    {"an empty string", "\"\"", "", "", "", ""},
    {"a string that is no URL", "\"x y\"", "x y", "", "", ""},
    {"a line feed in a string", "\"a\\nb\\n\"", "a b ", "", "", ""},
    {"a URL", "{\"url\":\"http://a.test/\"}", "http://a.test/", "", "", ""},
    {"a line feed in the URL", "{\"url\":\"a\\nb\"}", "a b", "", "", ""},
    {"a line feed in the name", U "\"name\":\"a\\n1\\n\"}", "u", "a 1 ", "", ""},
    {"a name", U "\"name\":\"../x\"}", "u", "../x", "", ""},
    {"a digest", U "\"sha256\":\"" DIGEST "\"}", "u", "", DIGEST, ""},
    {"no headers", U "\"headers\":{}}", "u", "", "", ""},
    {"a header", U "\"headers\":{\"Accept\":\"a/b, c\"}}", "u", "", "", "Accept: a/b, c\n"},
    {"a header in another case", U "\"headers\":{\"aUTHORIZATION\":\"Bearer x\"}}", "u", "", "",
	"aUTHORIZATION: Bearer x\n"},
    {"a tab and UTF-8", U "\"headers\":{\"Referer\":\"a\\tb\xc3\xa9\"}}", "u", "", "",
	"Referer: a\tb\xc3\xa9\n"},
    {"every header that may be",
	U "\"headers\":{\"Accept\":\"1\",\"Accept-Language\":\"2\",\"User-Agent\":\"3\","
	  "\"Referer\":\"4\",\"If-None-Match\":\"5\",\"If-Modified-Since\":\"6\","
	  "\"Authorization\":\"7\"}}",
	"u", "", "",
	"Accept: 1\nAccept-Language: 2\nUser-Agent: 3\nReferer: 4\nIf-None-Match: 5\n"
	"If-Modified-Since: 6\nAuthorization: 7\n"},
    {"everything",
	"{\"headers\":{\"Accept\":\"a\"},\"sha256\":\"" DIGEST "\",\"name\":\"n\",\"url\":\"u\"}",
	"u", "n", DIGEST, "Accept: a\n"},
};

static void check_span(const char *row, struct span got, const char *want)
{
	ck_assert_msg(
	    got.len == strlen(want) && (got.len == 0 || memcmp(got.bytes, want, got.len) == 0),
	    "%s: %.*s, not %s", row, (int)got.len, got.bytes, want);
}

TEST(packs)
{
	struct url_item_fault fault;
	struct jvalue value = parse(good[_i].json);
	struct file_item item;
	struct buf b;

	buf_init(&b, FILE_ITEM_MAX);
	ck_assert_msg(url_item_add(&b, value, &fault), "%s", good[_i].name);
	ck_assert(file_item_read(b.data, b.len, &item));
	check_span(good[_i].name, item.url, good[_i].url);
	check_span(good[_i].name, item.name, good[_i].file);
	check_span(good[_i].name, item.sha256, good[_i].sha256);
	check_span(good[_i].name, item.headers, good[_i].headers);
	ck_assert(item.code.len == 0 && !item.options.by_country);
	buf_done(&b);
}

static const struct {
	const char *name, *line, *url, *sha256;
} listed[] = {
    {"a URL", "http://a.test/x", "http://a.test/x", ""},
    {"a sum", DIGEST "  http://a.test/x", "http://a.test/x", DIGEST},
    {"a sum of binary", DIGEST " *a b.iso", "a b.iso", DIGEST},
    {"a sum in a folder", DIGEST "  ./a/b.iso", "./a/b.iso", DIGEST},
    {"one blank", DIGEST " x", DIGEST " x", ""},
    {"nothing behind", DIGEST "  ", DIGEST "  ", ""},
    {"a digit less", "00  x", "00  x", ""},
    {"no digits", "g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff  x",
	"g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff  x", ""},
};

TEST(lines_may_be_sums)
{
	size_t len = strlen(listed[_i].line);
	AUTO_FREE char *copy = xmalloc(len);
	struct file_item item;
	struct buf b;

	memcpy(copy, listed[_i].line, len);
	buf_init(&b, FILE_ITEM_MAX);
	url_item_add_line(&b, copy, len);
	ck_assert(file_item_read(b.data, b.len, &item));
	check_span(listed[_i].name, item.url, listed[_i].url);
	check_span(listed[_i].name, item.sha256, listed[_i].sha256);
	buf_done(&b);
}

/* However long the parts are, the item fits; and what is too long for a URL does not become a
 * shorter one. */
TEST(long_parts_fit)
{
	static const size_t lengths[] = {
	    FILE_MAX_URL - 1, FILE_MAX_URL, FILE_MAX_URL + 1, 3 * FILE_MAX_URL};

	for (size_t i = 0; i < N_ROWS(lengths); i++) {
		AUTO_FREE char *text = xmalloc(lengths[i] + 1);
		struct url_item_fault fault;
		struct file_item item;
		struct url url;
		struct buf b, json;
		memset(text, 'a', lengths[i]);
		text[lengths[i]] = '\0';
		memcpy(text, "http://a.test/", 14);
		buf_init(&json, 1 << 20);
		buf_addf(&json, "{\"url\":\"%s\",\"name\":\"%s\",\"sha256\":\"%s\"}", text, text,
		    DIGEST);
		buf_init(&b, FILE_ITEM_MAX);
		ck_assert(url_item_add(&b, parse(json.data), &fault) && !b.overflow);
		buf_done(&json);
		ck_assert(file_item_read(b.data, b.len, &item));
		enum url_fault judged = url_parse(item.url.bytes, item.url.len, &url);
		ck_assert_int_eq(judged, lengths[i] <= FILE_MAX_URL ? URL_GOOD : URL_TOO_LONG);
		if (judged == URL_GOOD)
			url_done(&url);
		buf_done(&b);
	}
}

TEST(headers_have_a_bound)
{
	for (size_t n = FILE_MAX_HEADERS - 12; n < FILE_MAX_HEADERS + 3; n++) {
		AUTO_FREE char *text = xmalloc(n + 1);
		struct url_item_fault fault = {.member = ""};
		struct buf b, json;
		memset(text, 'a', n);
		text[n] = '\0';
		buf_init(&json, 1 << 20);
		buf_addf(&json, U "\"headers\":{\"Accept\":\"%s\"}}", text);
		buf_init(&b, FILE_ITEM_MAX);
		bool is_good = url_item_add(&b, parse(json.data), &fault);
		buf_done(&json);
		ck_assert_msg(is_good == (strlen("Accept: \n") + n <= FILE_MAX_HEADERS), "%zu", n);
		ck_assert_str_eq(fault.member, is_good ? "" : "headers");
		buf_done(&b);
	}
}

TEST(names_of_members_are_cut)
{
	char name[1000];
	struct url_item_fault fault;
	struct buf b, json;

	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	buf_init(&json, 1 << 20);
	buf_addf(&json, U "\"%s\":\"x\"}", name);
	buf_init(&b, FILE_ITEM_MAX);
	ck_assert(!url_item_add(&b, parse(json.data), &fault));
	buf_done(&json);
	ck_assert_uint_lt(strlen(fault.member), sizeof(fault.member));
	buf_done(&b);
}

TEST(plain_bytes)
{
	struct file_item item;
	struct buf b;

	buf_init(&b, FILE_ITEM_MAX);
	url_item_add_plain(&b, "a\0\n\xff", 4);
	ck_assert(file_item_read(b.data, b.len, &item));
	ck_assert_uint_eq(item.url.len, 4);
	ck_assert_mem_eq(item.url.bytes, "a\0 \xff", 4);
	buf_clear(&b);
	url_item_add_plain(&b, "", 0);
	ck_assert(file_item_read(b.data, b.len, &item) && item.url.len == 0);
	buf_done(&b);
}

SUITE(url_item)
{
	ADD_ROWS(refuses, bad);
	ADD_ROWS(packs, good);
	ADD_ROWS(lines_may_be_sums, listed);
	ADD(long_parts_fit);
	ADD(headers_have_a_bound);
	ADD(names_of_members_are_cut);
	ADD(plain_bytes);
}
