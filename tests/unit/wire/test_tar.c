/* Headers of archives. */
#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include "wire/tar.h"

enum { BLOCK = 512 };

static unsigned long octal_at(const struct buf *b, size_t at)
{
	return strtoul(b->data + at, NULL, 8);
}

/* The sum that the header at `at` says, and the one that it has. */
static void check_sum(const struct buf *b, size_t at)
{
	unsigned long sum = 8 * ' ';

	for (size_t i = 0; i < BLOCK; i++) {
		if (i < 148 || i >= 156)
			sum += (unsigned char)b->data[at + i];
	}
	ck_assert_uint_eq(octal_at(b, at + 148), sum);
}

TEST(plain)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	tar_add_head(&b, "a/b.bin", 1000, 1234567890 * USEC_PER_SEC);
	ck_assert_uint_eq(b.len, BLOCK);
	ck_assert_str_eq(b.data, "a/b.bin");
	ck_assert_uint_eq(octal_at(&b, 124), 1000);
	ck_assert_uint_eq(octal_at(&b, 136), 1234567890);
	ck_assert_int_eq(b.data[156], '0');
	ck_assert_int_eq(memcmp(b.data + 257, "ustar\00000", 8), 0);
	check_sum(&b, 0);
	buf_done(&b);
}

TEST(name_of_100_bytes_fills_its_field)
{
	char name[101];
	struct buf b;

	memset(name, 'n', 100);
	name[100] = '\0';
	buf_init(&b, 1 << 20);
	tar_add_head(&b, name, 0, 0);
	ck_assert_uint_eq(b.len, BLOCK);
	ck_assert_int_eq(memcmp(b.data, name, 100), 0);
	check_sum(&b, 0);
	buf_done(&b);
}

#define X10 "xxxxxxxxxx"
#define X80 X10 X10 X10 X10 X10 X10 X10 X10

static const struct {
	const char *name;
	uint64_t n_bytes;
	const char *records;
} extended[] = {
    {"e\xcc\x81", 1, "12 path=e\xcc\x81\n"},
    {"a", 8589934592, "19 size=8589934592\n"},
    /* the length counts its own digits */
    {"\xc3\xa9" X80 "xxxxxxxx", 0, "99 path=\xc3\xa9" X80 "xxxxxxxx\n"},
    {"\xc3\xa9" X80 "xxxxxxxxx", 0, "101 path=\xc3\xa9" X80 "xxxxxxxxx\n"},
};

TEST(records)
{
	const char *want = extended[_i].records;
	size_t len = strlen(want);
	struct buf b;

	buf_init(&b, 1 << 20);
	tar_add_head(&b, extended[_i].name, extended[_i].n_bytes, 0);
	ck_assert_uint_eq(b.len, 3 * BLOCK);
	ck_assert_int_eq(b.data[156], 'x');
	ck_assert_uint_eq(octal_at(&b, 124), len);
	ck_assert_int_eq(memcmp(b.data + BLOCK, want, len), 0);
	ck_assert_uint_eq(strtoul(want, NULL, 10), len);
	check_sum(&b, 0);
	ck_assert_int_eq(b.data[2 * BLOCK + 156], '0');
	check_sum(&b, 2 * BLOCK);
	buf_done(&b);
}

TEST(padding_and_end)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	tar_add_padding(&b, 0);
	tar_add_padding(&b, 512);
	ck_assert_uint_eq(b.len, 0);
	tar_add_padding(&b, 513);
	ck_assert_uint_eq(b.len, 511);
	tar_add_end(&b);
	ck_assert_uint_eq(b.len, 511 + 1024);
	buf_done(&b);
}

SUITE(tar)
{
	ADD(plain);
	ADD(name_of_100_bytes_fills_its_field);
	ADD_ROWS(records, extended);
	ADD(padding_and_end);
}
