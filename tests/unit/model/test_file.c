/* Packed items of files, and digests as text. */
#include "../unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "model/file.h"
#include "model/file_copy.h"
#include "model/result.h"
#include "model/tagged.h"

#define DIGEST "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff"

static const struct {
	const char *name, *text;
} damaged[] = {
    {"nothing", ""},
    {"one line", "http://a.test/\n"},
    {"no line end", "http://a.test/"},
    {"three lines", "u\nn\ns\n"},
    {"no truth", "u\nn\ns\nc\n"},
    {"an empty truth", "u\nn\ns\nc\n\n"},
    {"a truth too long", "u\nn\ns\nc\n11\n"},
    {"a truth without line end", "u\nn\ns\nc\n1"},
    {"an option that is none", "u\nn\ns\nc\n1x\n"},
    {"a rate of nothing", "u\nn\ns\nc\n0r\n"},
    {"no mirrors", "u\nn\ns\nc\n0m0\n"},
    {"mirrors without line end", "u\nn\ns\nc\n0m2\na\nb"},
    {"more mirrors than there are", "u\nn\ns\nc\n0m99999999999\na\n"},
};

TEST(refuses_damage)
{
	size_t len = strlen(damaged[_i].text);
	struct file_item item = {.options.by_country = true};
	AUTO_FREE char *copy = xmalloc(len); /* exact, so that a sanitizer sees one byte too far */

	memcpy(copy, damaged[_i].text, len);
	ck_assert_msg(!file_item_read(copy, len, &item), "%s", damaged[_i].name);
	ck_assert(item.options.by_country && item.url.bytes == NULL);
}

static struct span span_of(const char *text)
{
	return (struct span){text, text != NULL ? strlen(text) : 0};
}

static void check_span(const char *row, struct span got, const char *want)
{
	size_t len = want != NULL ? strlen(want) : 0;

	ck_assert_msg(got.len == len && (len == 0 || memcmp(got.bytes, want, len) == 0),
	    "%s: %.*s, not %s", row, (int)got.len, got.bytes, want);
}

static const struct {
	const char *name, *url, *file, *sha256, *code, *headers;
	bool by_country;
} items[] = {
    {"nothing at all", NULL, NULL, NULL, NULL, NULL, false},
    {"empty parts", "", "", "", "", "", false},
    {"a URL", "http://a.test/", NULL, NULL, NULL, NULL, false},
    {"a flag", "http://a.test/cn/cn.gif", "CN.gif", NULL, "CN", NULL, true},
    {"headers", "http://a.test/", "a", DIGEST, NULL, "Accept: */*\nReferer: x\n", false},
    {"headers without line end", "http://a.test/", NULL, NULL, NULL, "Accept: a", false},
    {"headers that look like more lines", "u", NULL, NULL, NULL, "\n\n\n\n\n1\n", false},
};

TEST(gives_back_what_was_added)
{
	const struct file_item item = {.url = span_of(items[_i].url),
	    .name = span_of(items[_i].file),
	    .sha256 = span_of(items[_i].sha256),
	    .code = span_of(items[_i].code),
	    .headers = span_of(items[_i].headers),
	    .options.by_country = items[_i].by_country};
	struct file_item got;
	struct buf b;

	buf_init(&b, FILE_ITEM_MAX);
	file_item_add(&b, &item);
	AUTO_FREE char *copy = xmalloc(b.len);
	memcpy(copy, b.data, b.len);
	ck_assert_msg(file_item_read(copy, b.len, &got), "%s", items[_i].name);
	check_span(items[_i].name, got.url, items[_i].url);
	check_span(items[_i].name, got.name, items[_i].file);
	check_span(items[_i].name, got.sha256, items[_i].sha256);
	check_span(items[_i].name, got.code, items[_i].code);
	check_span(items[_i].name, got.headers, items[_i].headers);
	ck_assert_int_eq(got.options.by_country, items[_i].by_country);
	buf_done(&b);
}

/* Each option by itself, and all of them. */
TEST(options_come_back)
{
	const struct file_options options[] = {{.by_disposition = true}, {.is_unsaved = true},
	    {.is_decoded = true}, {.keeps_last = true}, {.if_changed = true}, {.max_rate = 1},
	    {.max_rate = UINT64_MAX}, {true, true, true, true, true, true, 12345}};

	for (size_t i = 0; i < N_ROWS(options); i++) {
		const struct file_item item = {.url = span_of("u"),
		    .options = options[i],
		    .mirrors = span_of(i % 2 ? "http://a.test/\nhttp://b.test/\n" : ""),
		    .headers = span_of("Accept: a\n")};
		struct file_item got;
		struct span rest, url;
		struct buf b;
		unsigned n = 0;
		buf_init(&b, FILE_ITEM_MAX);
		file_item_add(&b, &item);
		ck_assert_msg(file_item_read(b.data, b.len, &got), "%zu: %s", i, b.data);
		const struct file_options *o = &got.options, *want = &options[i];
		ck_assert(o->by_country == want->by_country &&
			  o->by_disposition == want->by_disposition &&
			  o->is_unsaved == want->is_unsaved && o->is_decoded == want->is_decoded &&
			  o->keeps_last == want->keeps_last && o->if_changed == want->if_changed &&
			  o->max_rate == want->max_rate);
		check_span("headers", got.headers, "Accept: a\n");
		for (rest = got.mirrors; file_take_line(&rest, &url); n++)
			check_span("mirror", url, n == 0 ? "http://a.test/" : "http://b.test/");
		ck_assert_uint_eq(n, i % 2 ? 2 : 0);
		buf_done(&b);
	}
}

static const char packed_copy[] =
    "01a20320-a200-7c31-9d52-6e0f4b8a17c3\n"
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n5\n7\na/b\nhttp://a/\n"
    "\"v\"\n\ntext/x\n\n";

TEST(the_copy_comes_back)
{
	const struct file_item item = {.url = span_of("u"),
	    .options = {.if_changed = true},
	    .mirrors = span_of("http://a.test/\n"),
	    .copy = span_of(packed_copy),
	    .headers = span_of("Accept: a\n")};
	struct file_item got;
	struct file_copy copy;
	struct buf b;

	buf_init(&b, FILE_ITEM_MAX);
	file_item_add(&b, &item);
	ck_assert(file_item_read(b.data, b.len, &got));
	check_span("mirrors", got.mirrors, "http://a.test/\n");
	check_span("headers", got.headers, "Accept: a\n");
	struct span rest = got.copy;
	ck_assert(file_copy_take(&rest, &copy) && rest.len == 0);
	check_span("name", copy.name, "a/b");
	check_span("url", copy.url, "http://a/");
	check_span("etag", copy.etag, "\"v\"");
	check_span("modified", copy.modified, "");
	check_span("type", copy.content_type, "text/x");
	ck_assert(copy.n_bytes == 5 && copy.asked == 7 && copy.digest[0] == 0x9f);
	buf_done(&b);
}

TEST(a_damaged_copy_is_none)
{
	struct file_copy copy;

	for (size_t len = 0; len + 1 < sizeof(packed_copy); len++) {
		struct span rest = {packed_copy, len};
		ck_assert_msg(!file_copy_take(&rest, &copy), "%zu bytes", len);
	}
	for (size_t i = 0; i < 105; i++) { /* id, digest and numbers */
		char bad[sizeof(packed_copy)];
		memcpy(bad, packed_copy, sizeof(bad));
		bad[i] = 'x';
		struct span rest = {bad, sizeof(bad) - 1};
		ck_assert_msg(!file_copy_take(&rest, &copy), "%zu", i);
	}
}

TEST(results_become_copies)
{
	const struct id job = {{1, 2, 3}};
	struct result r = {.status = ITEM_OK,
	    .is_file = true,
	    .name = "http://a/",
	    .name_len = 9,
	    .file = {.file_name = span_of("n"), .is_saved = true, .n_bytes = 5}};
	struct file_copy copy;
	struct buf tagged, b;

	buf_init(&tagged, 1000);
	buf_init(&b, 1000);
	ck_assert(!file_copy_add(&b, &job, &r) && b.len == 0); /* it was not asked for so */
	tagged_add(&tagged, RESULT_ETAG, span_of("\"v\""));
	tagged_add_number(&tagged, RESULT_ASKED, UINT64_MAX);
	r.tagged = (struct span){tagged.data, tagged.len};
	ck_assert(file_copy_add(&b, &job, &r));
	struct span rest = {b.data, b.len};
	ck_assert(file_copy_take(&rest, &copy) && rest.len == 0);
	check_span("url", copy.url, "http://a/");
	check_span("etag", copy.etag, "\"v\"");
	ck_assert(copy.asked == UINT64_MAX && memcmp(&copy.job, &job, sizeof(job)) == 0);
	r.status = ITEM_ERROR;
	ck_assert(!file_copy_add(&b, &job, &r));
	buf_done(&b);
	buf_done(&tagged);
}

/* The longest of each part together. */
TEST(the_longest_item_fits)
{
	static char bytes[2 * FILE_MAX_URL];
	const struct file_item item = {.url = {bytes, FILE_MAX_URL},
	    .name = {bytes, 1024},
	    .sha256 = {bytes, FILE_DIGEST_TEXT},
	    .code = {bytes, 2},
	    .options = {true, true, true, true, true, true, UINT64_MAX},
	    .mirrors = {bytes, FILE_MIRRORS_SIZE},
	    .headers = {bytes, 2 * FILE_MAX_HEADERS}};
	struct buf b;

	buf_init(&b, FILE_ITEM_MAX);
	file_item_add(&b, &item);
	ck_assert(!b.overflow);
	buf_done(&b);
}

static const struct {
	const char *name, *hex;
	bool is_good;
} digests[] = {
    {"nothing", "", false},
    {"one digit short", "00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff", false},
    {"one digit too many", "0" DIGEST, false},
    {"a letter past f", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1efg", false},
    {"a blank", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1ef ", false},
    {"a colon", ":00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff", false},
    {"a slash", "/00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff", false},
    {"at signs", "@00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff", false},
    {"a prefix", "0x0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff", false},
    {"lower case", DIGEST, true},
    {"upper case", "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1EFF", true},
};

TEST(reads_digests)
{
	const char *hex = digests[_i].hex;
	size_t len = strlen(hex);
	uint8_t digest[FILE_DIGEST_SIZE], untouched[FILE_DIGEST_SIZE];
	char text[FILE_DIGEST_TEXT + 1];
	AUTO_FREE char *copy = xmalloc(len);

	memcpy(copy, hex, len);
	memset(digest, 0xaa, sizeof(digest));
	memset(untouched, 0xaa, sizeof(untouched));
	bool is_good = file_digest_parse((struct span){copy, len}, digest);
	ck_assert_msg(is_good == digests[_i].is_good, "%s", digests[_i].name);
	if (is_good) {
		file_digest_format(digest, text);
		ck_row_str(digests[_i].name, text, DIGEST);
	} else {
		ck_assert_mem_eq(digest, untouched, sizeof(digest));
	}
}

SUITE(file)
{
	ADD_ROWS(refuses_damage, damaged);
	ADD_ROWS(gives_back_what_was_added, items);
	ADD(options_come_back);
	ADD(the_copy_comes_back);
	ADD(a_damaged_copy_is_none);
	ADD(results_become_copies);
	ADD(the_longest_item_fits);
	ADD_ROWS(reads_digests, digests);
}
