/* Words that a pattern stands for. */
#include "../unit.h"

#include "model/pattern.h"

static const struct {
	const char *text, *first, *last; /* NULL: refused */
	uint64_t count;
} rows[] = {
    {"", "", "", 1},
    {"word", "word", "word", 1},
    {"a-?", "a-a", "a-z", 26},
    {"#x#", "0x0", "9x9", 100},
    {"[abc]d", "ad", "cd", 3},
    {"[a-c7-9x]", "a", "x", 7},
    {"[-a]", "-", "a", 2},
    {"[a-]", "a", "-", 2},
    {"{get,my}shop", "getshop", "myshop", 2},
    {"{,my}shop", "shop", "myshop", 2},
    {"{}x", "x", "x", 1},
    {"{get,my}{shop,?}#", NULL, NULL, 0}, /* none is inside another, but these are words */
    {"[äö]x", "äx", "öx", 2},
    {"????????????????????????????????", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL, UINT64_MAX},
    {"[", NULL, NULL, 0},
    {"[]", NULL, NULL, 0},
    {"a]", NULL, NULL, 0},
    {"{a", NULL, NULL, 0},
    {"a}", NULL, NULL, 0},
    {"[c-a]", NULL, NULL, 0},
    {"[a-9]", NULL, NULL, 0},
    {"[A-C]", NULL, NULL, 0},
    {"#################################################################", NULL, NULL, 0},
};

TEST(words)
{
	const char *fault = NULL;
	char word[PATTERN_MAX + 1];
	struct pattern *p = pattern_new(rows[_i].text, &fault);

	ck_assert_msg((p != NULL) == (rows[_i].count > 0), "%s: %s", rows[_i].text, fault);
	if (p == NULL) {
		ck_assert_ptr_nonnull(fault);
		return;
	}
	ck_assert_msg(pattern_count(p) == rows[_i].count, "%s: %llu", rows[_i].text,
	    (unsigned long long)pattern_count(p));
	ck_assert_uint_eq(pattern_word(p, 0, word), strlen(rows[_i].first));
	ck_row_str(rows[_i].text, word, rows[_i].first);
	if (rows[_i].last != NULL) {
		pattern_word(p, rows[_i].count - 1, word);
		ck_row_str(rows[_i].text, word, rows[_i].last);
	}
	pattern_free(p);
}

TEST(order)
{
	static const char *const want[] = {"a0", "a1", "b0", "b1"};
	const char *fault;
	char word[PATTERN_MAX + 1];
	struct pattern *p = pattern_new("[ab][01]", &fault);

	for (size_t i = 0; i < N_ROWS(want); i++) {
		pattern_word(p, i, word);
		ck_row_str("in order", word, want[i]);
	}
	pattern_free(p);
}

SUITE(pattern)
{
	ADD_ROWS(words, rows);
	ADD(order);
}
