/* The cache of RDAP answers, under a clock that the test moves. */
#include "../unit.h"

#include <stdio.h>

#include "registration/rdap_cache.h"

#define URL "https://rdap.example/"

enum { FOR_EVER = 100000 };

static void put(struct rdap_cache *cache, const char *name, enum rdap_verdict verdict, int64_t at)
{
	const struct rdap_memory memory = {
	    .answer = {.verdict = verdict, .registrar = "Example", .drops = true},
	    .status = 200,
	    .asked_at = 42,
	    .came_at = at * USEC_PER_SEC};

	rdap_cache_put(cache, URL, name, &memory);
}

static bool has(struct rdap_cache *cache, const char *name, int64_t max_age, int64_t now)
{
	return rdap_cache_find(cache, URL, name, max_age * USEC_PER_SEC, now * USEC_PER_SEC, NULL);
}

static const struct {
	const char *name;
	enum rdap_verdict verdict;
	int64_t age; /* seconds; 0: it is not kept */
} kinds[] = {
    {"registered", RDAP_REGISTERED, 3600},
    {"absent", RDAP_ABSENT, 900},
    {"premium", RDAP_PREMIUM, 900},
    {"blocked", RDAP_BLOCKED, 900},
    {"limited", RDAP_LIMITED, 0},
    {"unknown", RDAP_UNKNOWN, 0},
};

TEST(each_kind_has_its_age)
{
	struct rdap_cache *cache = rdap_cache_new(10);

	put(cache, "a.dev", kinds[_i].verdict, 1000);
	ck_assert_uint_eq(rdap_cache_count(cache), kinds[_i].age > 0);
	if (kinds[_i].age > 0) {
		ck_assert(has(cache, "a.dev", FOR_EVER, 1000 + kinds[_i].age - 1));
		ck_assert(!has(cache, "a.dev", FOR_EVER, 1000 + kinds[_i].age));
		ck_assert(has(cache, "a.dev", 60, 1059));
		ck_assert(!has(cache, "a.dev", 60, 1060));
		ck_assert(!has(cache, "a.dev", 0, 1000));
	}
	ck_assert(!has(cache, "b.dev", FOR_EVER, 1000));
	rdap_cache_free(cache);
}

TEST(what_was_answered_comes_back)
{
	struct rdap_cache *cache = rdap_cache_new(10);
	struct rdap_memory memory;

	put(cache, "a.dev", RDAP_ABSENT, 1);
	put(cache, "a.dev", RDAP_REGISTERED, 2);
	ck_assert_uint_eq(rdap_cache_count(cache), 1);
	ck_assert(rdap_cache_find(cache, URL, "a.dev", USEC_PER_SEC, 2 * USEC_PER_SEC, &memory));
	ck_assert_int_eq(memory.answer.verdict, RDAP_REGISTERED);
	ck_assert_str_eq(memory.answer.registrar, "Example");
	ck_assert(memory.answer.drops);
	ck_assert_int_eq(memory.asked_at, 42);
	ck_assert(!rdap_cache_find(
	    cache, "https://other.example/", "a.dev", USEC_PER_SEC, 2 * USEC_PER_SEC, &memory));
	rdap_cache_free(cache);
}

TEST(the_oldest_go_first)
{
	struct rdap_cache *cache = rdap_cache_new(100);
	char name[32];

	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "n%d.dev", i);
		put(cache, name, RDAP_ABSENT, i);
		ck_assert_uint_le(rdap_cache_count(cache), 100);
	}
	ck_assert(!has(cache, "n899.dev", FOR_EVER, 1000));
	ck_assert(has(cache, "n900.dev", FOR_EVER, 1000));
	rdap_cache_free(cache);
}

SUITE(rdap_cache)
{
	ADD_ROWS(each_kind_has_its_age, kinds);
	ADD(what_was_answered_comes_back);
	ADD(the_oldest_go_first);
}
