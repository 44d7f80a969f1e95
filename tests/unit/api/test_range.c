/* Ranges of a file. */
#include "../unit.h"

#include "api/range.h"

#define ETAG "0123abcd"

enum { SIZE = 100 };

static const struct {
	const char *name, *range, *if_range;
	uint64_t size;
	int want; /* 0: outside; 1: the whole; 2: a part */
	uint64_t first, n_bytes;
} rows[] = {
    {"behind the end", "bytes=100-", NULL, SIZE, 0, 0, 0},
    {"behind the end, with a last", "bytes=100-200", NULL, SIZE, 0, 0, 0},
    {"far behind the end", "bytes=18446744073709551615-", NULL, SIZE, 0, 0, 0},
    {"past 64 bits", "bytes=99999999999999999999-", NULL, SIZE, 0, 0, 0},
    {"the last none", "bytes=-0", NULL, SIZE, 0, 0, 0},
    {"of an empty file", "bytes=0-", NULL, 0, 0, 0, 0},
    {"of an empty file, one byte", "bytes=0-0", NULL, 0, 0, 0, 0},
    {"none", NULL, NULL, SIZE, 1, 0, SIZE},
    {"empty", "", NULL, SIZE, 1, 0, SIZE},
    {"no unit", "0-1", NULL, SIZE, 1, 0, SIZE},
    {"another unit", "lines=0-1", NULL, SIZE, 1, 0, SIZE},
    {"a unit alone", "bytes=", NULL, SIZE, 1, 0, SIZE},
    {"a unit without sign", "bytes", NULL, SIZE, 1, 0, SIZE},
    {"a hyphen", "bytes=-", NULL, SIZE, 1, 0, SIZE},
    {"a number", "bytes=5", NULL, SIZE, 1, 0, SIZE},
    {"backwards", "bytes=5-4", NULL, SIZE, 1, 0, SIZE},
    {"letters", "bytes=a-b", NULL, SIZE, 1, 0, SIZE},
    {"a sign", "bytes=+1-2", NULL, SIZE, 1, 0, SIZE},
    {"hexadecimal", "bytes=0x1-0x2", NULL, SIZE, 1, 0, SIZE},
    {"two hyphens", "bytes=1--2", NULL, SIZE, 1, 0, SIZE},
    {"below nothing", "bytes=--1", NULL, SIZE, 1, 0, SIZE},
    {"two ranges", "bytes=0-1,3-4", NULL, SIZE, 1, 0, SIZE},
    {"two ranges, one outside", "bytes=0-1, 200-", NULL, SIZE, 1, 0, SIZE},
    {"an empty one behind", "bytes=0-1,", NULL, SIZE, 1, 0, SIZE},
    {"text behind", "bytes=0-1x", NULL, SIZE, 1, 0, SIZE},
    {"the first byte", "bytes=0-0", NULL, SIZE, 2, 0, 1},
    {"the last byte", "bytes=99-99", NULL, SIZE, 2, 99, 1},
    {"from a byte", "bytes=40-", NULL, SIZE, 2, 40, 60},
    {"from the last byte", "bytes=99-", NULL, SIZE, 2, 99, 1},
    {"the last of nothing", "bytes=-1", NULL, 0, 1, 0, 0},
    {"none of nothing", "bytes=-0", NULL, 0, 0, 0, 0},
    {"all of nothing", "bytes=0-", NULL, 0, 0, 0, 0},
    {"all", "bytes=0-", NULL, SIZE, 2, 0, SIZE},
    {"all, with the last", "bytes=0-99", NULL, SIZE, 2, 0, SIZE},
    {"past the end", "bytes=90-100", NULL, SIZE, 2, 90, 10},
    {"far past the end", "bytes=90-9223372036854775807", NULL, SIZE, 2, 90, 10},
    {"past the end and 63 bits", "bytes=90-18446744073709551615", NULL, SIZE, 2, 90, 10},
    {"the last ten", "bytes=-10", NULL, SIZE, 2, 90, 10},
    {"the last of more than there are", "bytes=-200", NULL, SIZE, 2, 0, SIZE},
    {"upper case", "BYTES=1-2", NULL, SIZE, 2, 1, 2},
    {"of a long file", "bytes=4294967296-4294967297", NULL, (uint64_t)5 << 32, 2, (uint64_t)1 << 32,
	2},
    {"another version", "bytes=0-1", "\"other\"", SIZE, 1, 0, SIZE},
    {"another version, outside", "bytes=200-", "\"other\"", SIZE, 1, 0, SIZE},
    {"a weak tag", "bytes=0-1", "W/\"" ETAG "\"", SIZE, 1, 0, SIZE},
    {"a tag without quotes", "bytes=0-1", ETAG, SIZE, 1, 0, SIZE},
    {"a tag that begins so", "bytes=0-1", "\"" ETAG "ef\"", SIZE, 1, 0, SIZE},
    {"a tag not closed", "bytes=0-1", "\"" ETAG, SIZE, 1, 0, SIZE},
    {"a tag cut short", "bytes=0-1", "\"0123\"", SIZE, 1, 0, SIZE},
    {"an empty tag", "bytes=0-1", "\"\"", SIZE, 1, 0, SIZE},
    {"nothing for a tag", "bytes=0-1", "", SIZE, 1, 0, SIZE},
    {"a date", "bytes=0-1", "Sun, 22 Nov 2026 12:00:00 GMT", SIZE, 1, 0, SIZE},
    {"this version", "bytes=0-1", "\"" ETAG "\"", SIZE, 2, 0, 2},
    {"this version, outside", "bytes=200-", "\"" ETAG "\"", SIZE, 0, 0, 0},
    {"a version without a range", NULL, "\"" ETAG "\"", SIZE, 1, 0, SIZE},
};

TEST(chooses)
{
	const char *name = rows[_i].name;
	struct range r;
	bool is_good = range_choose(rows[_i].range, rows[_i].if_range, ETAG, rows[_i].size, &r);
	int got = !is_good ? 0 : r.is_part ? 2 : 1;

	ck_assert_msg(got == rows[_i].want, "%s: %d, not %d", name, got, rows[_i].want);
	if (is_good)
		ck_assert_msg(r.first == rows[_i].first && r.n_bytes == rows[_i].n_bytes,
		    "%s: %ju bytes from %ju", name, (uintmax_t)r.n_bytes, (uintmax_t)r.first);
}

static const struct {
	const char *name, *text, *want;
} texts[] = {
    {"nothing", "", ""},
    {"letters and digits", "aZ09", "aZ09"},
    {"plain signs", "!#$&+-.^_`|~", "!#$&+-.^_`|~"},
    {"others", "a b\"c%d'e(f)*\\,/:;<=>?@[]{}",
	"a%20b%22c%25d%27e%28f%29%2A%5C%2C%2F%3A%3B%3C%3D%3E%3F%40%5B%5D%7B%7D"},
    {"UTF-8", "caf\xc3\xa9", "caf%C3%A9"},
    {"line ends", "\r\n\x7f", "%0D%0A%7F"},
};

TEST(escapes)
{
	struct buf b;

	buf_init(&b, 1000);
	buf_add_str(&b, "");
	range_add_escaped(&b, texts[_i].text);
	ck_row_str(texts[_i].name, b.len > 0 ? b.data : "", texts[_i].want);
	buf_done(&b);
}

SUITE(range)
{
	ADD_ROWS(chooses, rows);
	ADD_ROWS(escapes, texts);
}
