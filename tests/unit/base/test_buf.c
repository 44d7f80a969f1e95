/* Growing bytes with a ceiling. */
#include "../unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"

TEST(refuses_what_passes_the_ceiling)
{
	struct buf b;

	buf_init(&b, 8);
	buf_add(&b, "12345", 5);
	buf_add(&b, "6789", 4);
	ck_assert(b.overflow);
	ck_assert_str_eq(b.data, "12345");
	buf_add(&b, "678", 3);
	ck_assert_str_eq(b.data, "12345678");
	buf_add_char(&b, '9');
	buf_addf(&b, "%d", 9);
	buf_add_u64(&b, 9);
	ck_assert_ptr_null(buf_reserve(&b, 1));
	ck_assert_uint_eq(b.len, 8);
	ck_assert(b.overflow);
	buf_clear(&b);
	ck_assert(!b.overflow);
	buf_done(&b);
}

TEST(a_ceiling_of_nothing_holds_nothing)
{
	struct buf b;

	buf_init(&b, 0);
	buf_add(&b, "", 0);
	ck_assert(!b.overflow);
	buf_add_char(&b, 'x');
	ck_assert(b.overflow);
	ck_assert_uint_eq(b.len, 0);
	buf_done(&b);
}

TEST(the_highest_ceiling_works)
{
	struct buf b;

	buf_init(&b, SIZE_MAX);
	for (int i = 0; i < 1000; i++)
		buf_add_str(&b, "0123456789");
	ck_assert_uint_eq(b.len, 10000);
	ck_assert_ptr_null(buf_reserve(&b, SIZE_MAX));
	ck_assert(b.overflow);
	buf_done(&b);
}

TEST(more_than_reserved_is_our_fault)
{
	struct buf b;

	buf_init(&b, 1000);
	ck_assert_ptr_nonnull(buf_reserve(&b, 4));
	buf_commit(&b, 1000);
}

TEST(more_than_there_is_cannot_go)
{
	struct buf b;

	buf_init(&b, 1000);
	buf_add_str(&b, "abc");
	buf_drain(&b, 4);
}

TEST(is_always_terminated)
{
	struct buf b;

	buf_init(&b, 1000);
	ck_assert_ptr_nonnull(buf_reserve(&b, 10));
	ck_assert_int_eq(b.data[0], '\0');
	buf_add_str(&b, "before");
	buf_clear(&b);
	ck_assert_str_eq(b.data, "");
	AUTO_FREE char *taken = buf_take(&b, NULL);
	ck_assert_str_eq(taken, "");
}

TEST(an_empty_one_gives_empty_text)
{
	struct buf b;
	size_t len = 7;

	buf_init(&b, 10);
	AUTO_FREE char *taken = buf_take(&b, &len);
	ck_assert_str_eq(taken, "");
	ck_assert_uint_eq(len, 0);
}

TEST(taking_leaves_an_empty_one)
{
	struct buf b;
	size_t len;

	buf_init(&b, 10);
	buf_add(&b, "a\0b", 3);
	AUTO_FREE char *taken = buf_take(&b, &len);
	ck_assert_uint_eq(len, 3);
	ck_assert_mem_eq(taken, "a\0b\0", 4);
	ck_assert_ptr_null(b.data);
	buf_add_str(&b, "0123456789");
	ck_assert_str_eq(b.data, "0123456789");
	buf_done(&b);
	buf_done(&b);
}

TEST(drains_from_the_front)
{
	struct buf b;

	buf_init(&b, 10);
	buf_drain(&b, 0);
	buf_add_str(&b, "abcdef");
	buf_drain(&b, 0);
	ck_assert_str_eq(b.data, "abcdef");
	buf_drain(&b, 2);
	ck_assert_str_eq(b.data, "cdef");
	buf_drain(&b, 4);
	ck_assert_str_eq(b.data, "");
	buf_done(&b);
}

TEST(grows_past_every_size)
{
	struct buf b;

	for (size_t max = 1; max < 300; max++) {
		buf_init(&b, max);
		for (size_t i = 0; i < max; i++)
			buf_add_char(&b, (char)('a' + i % 26));
		ck_assert(!b.overflow);
		ck_assert_uint_eq(b.len, max);
		for (size_t i = 0; i < max; i++)
			ck_assert_int_eq(b.data[i], (char)('a' + i % 26));
		buf_done(&b);
	}
}

static const struct {
	uint64_t value;
	const char *name;
} numbers[] = {{0, "0"}, {9, "9"}, {10, "10"}, {4294967296, "4294967296"},
    {UINT64_MAX, "18446744073709551615"}};

TEST(writes_numbers)
{
	struct buf b;

	buf_init(&b, 100);
	buf_add_u64(&b, numbers[_i].value);
	ck_row_str(numbers[_i].name, b.data, numbers[_i].name);
	buf_done(&b);
}

TEST(formats)
{
	struct buf b;

	buf_init(&b, 100);
	buf_addf(&b, "%s", "");
	buf_addf(&b, "%s=%d;", "key", 7);
	buf_addf(&b, "%s", "more");
	ck_assert_str_eq(b.data, "key=7;more");
	buf_done(&b);
}

TEST(encodes_by_percent)
{
	struct buf b;

	buf_init(&b, 100);
	buf_add_percent(&b, "a/b \xc3\xa9%", "ab/");
	ck_assert_str_eq(b.data, "a/b%20%C3%A9%25");
	buf_done(&b);
}

SUITE(buf)
{
	ADD(encodes_by_percent);
	ADD(refuses_what_passes_the_ceiling);
	ADD(a_ceiling_of_nothing_holds_nothing);
	ADD(the_highest_ceiling_works);
	ADD_ABORTING(more_than_reserved_is_our_fault);
	ADD_ABORTING(more_than_there_is_cannot_go);
	ADD(is_always_terminated);
	ADD(an_empty_one_gives_empty_text);
	ADD(taking_leaves_an_empty_one);
	ADD(drains_from_the_front);
	ADD(grows_past_every_size);
	ADD_ROWS(writes_numbers, numbers);
	ADD(formats);
}
