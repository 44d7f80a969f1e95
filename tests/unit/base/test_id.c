/* Identifiers: form, order, chance. */
#include "../unit.h"

#include <stdlib.h>

#include "base/id.h"

static const usec_t NOON = 1795348800123456;

static const struct {
	const char *name, *text;
} no_ids[] = {
    {"empty", ""},
    {"one short", "0193fd1c-a9c0-7000-8000-00000000000"},
    {"one long", "0193fd1c-a9c0-7000-8000-0000000000000"},
    {"no letter of base 16", "0193fd1c-a9c0-7000-8000-00000000000g"},
    {"dash early", "0193fd1-ca9c0-7000-8000-000000000000"},
    {"dash instead of a digit", "0193fd1c-a9c0-7000-8000-00000000000-"},
    {"digit instead of a dash", "0193fd1c0a9c0-7000-8000-000000000000"},
    {"no dashes", "0193fd1ca9c070008000000000000000"},
    {"space in front", " 193fd1c-a9c0-7000-8000-000000000000"},
    {"braces", "{193fd1c-a9c0-7000-8000-00000000000}"},
    {"a byte above ASCII", "0193fd1c-a9c0-7000-8000-00000000000\xff"},
};

TEST(refuses)
{
	struct id id = {.bytes = {7}}, before = id;

	ck_assert_msg(!id_parse(no_ids[_i].text, &id), "%s", no_ids[_i].name);
	ck_assert_msg(memcmp(&id, &before, sizeof(id)) == 0, "%s: touched", no_ids[_i].name);
}

TEST(reads_either_case_and_writes_lower)
{
	struct id id;
	char text[ID_TEXT_SIZE];

	ck_assert(id_parse("0193FD1C-a9C0-7abc-8DEF-0123456789aF", &id));
	id_format(&id, text);
	ck_assert_str_eq(text, "0193fd1c-a9c0-7abc-8def-0123456789af");
	ck_assert_mem_eq(
	    id.bytes, "\x01\x93\xfd\x1c\xa9\xc0\x7a\xbc\x8d\xef\x01\x23\x45\x67\x89\xaf", 16);
}

TEST(says_version_variant_and_time)
{
	for (int i = 0; i < 100; i++) {
		struct id id = id_new(NOON);
		uint64_t ms = 0;
		ck_assert_int_eq(id.bytes[6] >> 4, 7);
		ck_assert_int_eq(id.bytes[8] >> 6, 2);
		for (int k = 0; k < 6; k++)
			ms = ms << 8 | id.bytes[k];
		ck_assert_uint_eq(ms, NOON / USEC_PER_MSEC);
	}
}

TEST(text_and_back)
{
	for (int i = 0; i < 100; i++) {
		struct id id = id_new(NOON + i * 777), again;
		char text[ID_TEXT_SIZE];
		id_format(&id, text);
		ck_assert_uint_eq(strlen(text), ID_TEXT_SIZE - 1);
		ck_assert(id_parse(text, &again));
		ck_assert_mem_eq(&id, &again, sizeof(id));
	}
}

static const struct {
	const char *name;
	usec_t step;
	int every; /* ids between two steps */
} clocks[] = {
    {"one moment", 0, 1},
    {"a clock that goes back", -700, 1},
    {"a clock that jumps back an hour", -3600 * USEC_PER_SEC, 1000},
    {"one microsecond each", 1, 1},
    {"a millisecond each", 1000, 1},
    {"five in a microsecond", 1, 5},
};

/* 10,000 ids are more than the 4,096 that one millisecond counts. */
TEST(sorts_in_the_order_made)
{
	usec_t now = NOON;
	char last[ID_TEXT_SIZE] = "", text[ID_TEXT_SIZE];

	for (int i = 0; i < 10000; i++) {
		struct id id = id_new(now);
		id_format(&id, text);
		ck_assert_msg(
		    strcmp(last, text) < 0, "%s: %s then %s", clocks[_i].name, last, text);
		memcpy(last, text, sizeof(last));
		if (i % clocks[_i].every == 0)
			now += clocks[_i].step;
	}
}

/* Each of the 62 bits that are left to chance takes both values. */
TEST(is_random)
{
	uint8_t all_or[8] = {0}, all_and[8];

	memset(all_and, 0xff, sizeof(all_and));
	for (int i = 0; i < 200; i++) {
		struct id id = id_new(NOON);
		for (int k = 0; k < 8; k++) {
			all_or[k] |= id.bytes[8 + k];
			all_and[k] &= id.bytes[8 + k];
		}
	}
	ck_assert_mem_eq(all_or, "\xbf\xff\xff\xff\xff\xff\xff\xff", 8);
	ck_assert_mem_eq(all_and, "\x80\0\0\0\0\0\0\0", 8);
}

SUITE(id)
{
	ADD_ROWS(refuses, no_ids);
	ADD(reads_either_case_and_writes_lower);
	ADD(says_version_variant_and_time);
	ADD(text_and_back);
	ADD_ROWS(sorts_in_the_order_made, clocks);
	ADD(is_random);
}
