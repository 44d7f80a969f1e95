/* Packed inputs. */
#include "../unit.h"

#include <stdlib.h>

#include "model/chunk.h"

static const struct {
	const char *name, *bytes;
	size_t len;
	int n_good; /* items before the damage */
} damaged[] = {
    {"one byte", "\1", 1, 0},
    {"two bytes", "\1\1", 2, 0},
    {"a head without its text", "\1\1\0", 3, 0},
    {"text cut short", "\1\3\0ab", 5, 0},
    {"an unknown flag", "\2\1\0a", 4, 0},
    {"a length past the limit", "\1\1\x40", 3, 0},
    {"a good item, then half a head", "\1\1\0a\1", 5, 1},
    {"a good item, then an unknown flag", "\1\1\0a\xff\1\0a", 8, 1},
};

TEST(stops_at_damage)
{
	struct chunk c;
	struct chunk_item item;
	size_t offset = 0;
	int n = 0;

	chunk_init(&c, 0);
	buf_add(&c.bytes, damaged[_i].bytes, damaged[_i].len);
	while (chunk_next(&c, &offset, &item))
		n++;
	ck_assert_msg(n == damaged[_i].n_good, "%s: %d", damaged[_i].name, n);
	ck_assert_msg(offset != c.bytes.len, "%s", damaged[_i].name);
	chunk_done(&c);
}

TEST(an_empty_one_has_no_item)
{
	struct chunk c;
	struct chunk_item item;
	size_t offset = 0;

	chunk_init(&c, 7);
	ck_assert(!chunk_next(&c, &offset, &item));
	ck_assert_uint_eq(offset, 0);
	ck_assert_uint_eq(c.first, 7);
	chunk_done(&c);
	chunk_done(&c);
}

TEST(one_too_many_is_our_fault)
{
	struct chunk c;

	chunk_init(&c, 0);
	for (int i = 0; i <= CHUNK_ITEMS; i++)
		chunk_add(&c, "a", 1, true);
}

TEST(too_many_bytes_are_our_fault)
{
	static const char text[CHUNK_MAX_TEXT];
	struct chunk c;

	chunk_init(&c, 0);
	for (int i = 0; i <= CHUNK_BYTES / CHUNK_MAX_TEXT; i++)
		chunk_add(&c, text, sizeof(text), true);
}

TEST(too_long_is_our_fault)
{
	static const char text[CHUNK_MAX_TEXT + 1];
	struct chunk c;

	chunk_init(&c, 0);
	chunk_add(&c, text, sizeof(text), true);
}

/* Item `i` of a full chunk: lengths of every size up to `most`, and bytes of every value. */
static size_t make_item(uint32_t i, size_t most, char ret_text[static CHUNK_MAX_TEXT])
{
	size_t len = (size_t)i * 37 % (most + 1);

	for (size_t k = 0; k < len; k++)
		ret_text[k] = (char)(i + k);
	return len;
}

static const struct {
	const char *name;
	size_t most;
	bool has_all_items; /* it is full by their number, not by their bytes */
} sizes[] = {
    {"nothing", 0, true},
    {"names", 200, true},
    {"a little too long for so many", 600, false},
    {"the longest", CHUNK_MAX_TEXT, false},
};

TEST(gives_back_what_was_added)
{
	char text[CHUNK_MAX_TEXT];
	struct chunk c;
	struct chunk_item item;
	size_t offset = 0, most = sizes[_i].most;
	uint32_t n = 0;

	chunk_init(&c, 3000);
	for (; !chunk_is_full(&c); n++) {
		size_t len = make_item(n, most, text);
		chunk_add(&c, text, len, n % 3 != 0);
	}
	ck_assert_msg((n == CHUNK_ITEMS) == sizes[_i].has_all_items, "%s: %u", sizes[_i].name, n);
	ck_assert_uint_eq(c.n, n);
	ck_assert(!c.bytes.overflow);
	for (uint32_t i = 0; i < n; i++) {
		size_t len = make_item(i, most, text);
		ck_assert(chunk_next(&c, &offset, &item));
		ck_assert_uint_eq(item.len, len);
		ck_assert_int_eq(item.is_valid, i % 3 != 0);
		ck_assert(memcmp(item.text, text, len) == 0);
	}
	ck_assert(!chunk_next(&c, &offset, &item));
	ck_assert_uint_eq(offset, c.bytes.len);
	chunk_done(&c);
}

/* The last item begins just before the chunk is full, and is as long as one may be. */
TEST(the_longest_item_fits_at_the_end)
{
	static const char text[CHUNK_MAX_TEXT];
	struct chunk c;
	uint32_t n = 0;

	chunk_init(&c, 0);
	while (c.bytes.len + 3 < CHUNK_BYTES) {
		size_t left = CHUNK_BYTES - c.bytes.len - 4;
		chunk_add(&c, text, left < 10000 ? left : 10000, false);
		n++;
	}
	ck_assert_uint_eq(c.bytes.len, CHUNK_BYTES - 1);
	ck_assert(!chunk_is_full(&c));
	chunk_add(&c, text, sizeof(text), false);
	ck_assert(!c.bytes.overflow && chunk_is_full(&c));
	ck_assert_uint_eq(c.n, n + 1);
	chunk_done(&c);
}

SUITE(chunk)
{
	ADD_ROWS(stops_at_damage, damaged);
	ADD(an_empty_one_has_no_item);
	ADD_ABORTING(one_too_many_is_our_fault);
	ADD_ABORTING(too_many_bytes_are_our_fault);
	ADD_ABORTING(too_long_is_our_fault);
	ADD_ROWS(gives_back_what_was_added, sizes);
	ADD(the_longest_item_fits_at_the_end);
}
