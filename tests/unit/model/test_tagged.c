/* Tagged fields. */
#include "../unit.h"

#include "base/varint.h"
#include "model/tagged.h"

static const uint64_t numbers[] = {0, 1, 127, 128, 16383, 16384, UINT32_MAX, INT64_MAX, UINT64_MAX};

TEST(numbers_come_back)
{
	struct buf fields;
	uint64_t got = 1;

	buf_init(&fields, 100);
	tagged_add_number(&fields, 7, numbers[_i]);
	ck_assert(tagged_find_number((struct span){fields.data, fields.len}, 7, &got));
	ck_assert(got == numbers[_i]);
	buf_done(&fields);
}

static const struct {
	const char *name, *bytes;
	size_t len;
} no_numbers[] = {
    {"empty", "\7\0", 2},
    {"without end", "\7\1\x80", 3},
    {"with something behind", "\7\2\1\1", 4},
    {"past 64 bits", "\7\12\xff\xff\xff\xff\xff\xff\xff\xff\xff\2", 12},
    {"of another tag", "\6\1\1", 3},
};

TEST(refuses_what_is_no_number)
{
	uint64_t got = 99;

	ck_assert_msg(
	    !tagged_find_number((struct span){no_numbers[_i].bytes, no_numbers[_i].len}, 7, &got),
	    "%s", no_numbers[_i].name);
}

TEST(the_first_of_a_tag_counts)
{
	static const struct span fields = {"\1\1a\2\1b\1\1c", 9};
	struct span value;

	ck_assert(tagged_find(fields, 1, &value));
	ck_assert(value.len == 1 && *value.bytes == 'a');
	ck_assert(tagged_find(fields, 2, &value));
	ck_assert(value.len == 1 && *value.bytes == 'b');
	ck_assert(!tagged_find(fields, 3, &value));
	ck_assert(!tagged_find((struct span){NULL, 0}, 1, &value));
}

TEST(past_the_ceiling_nothing_is_added)
{
	struct buf fields;
	static const char text[50] = "a";

	buf_init(&fields, 60);
	tagged_add(&fields, 1, (struct span){text, 20});
	size_t len = fields.len;
	tagged_add(&fields, 2, (struct span){text, 50});
	ck_assert(fields.overflow);
	ck_assert_uint_eq(fields.len, len);
	buf_done(&fields);
}

SUITE(tagged)
{
	ADD_ROWS(numbers_come_back, numbers);
	ADD_ROWS(refuses_what_is_no_number, no_numbers);
	ADD(the_first_of_a_tag_counts);
	ADD(past_the_ceiling_nothing_is_added);
}
