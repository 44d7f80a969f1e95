/* Named lists of words. */
#include "../unit.h"

#include "intake/presets.h"

TEST(an_unknown_one_is_absent)
{
	ck_assert_ptr_null(preset_find(""));
	ck_assert_ptr_null(preset_find("python-keyword"));
	ck_assert_ptr_null(preset_find("PYTHON-KEYWORDS"));
}

TEST(python_keywords)
{
	const struct preset *p = preset_find("python-keywords");

	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(p->n, 35);
	ck_assert_str_eq(p->words[0], "false");
	ck_assert_str_eq(p->words[3], "and");
	ck_assert_str_eq(p->words[34], "yield");
}

TEST(all_are_found_by_name_and_lower_case)
{
	const struct preset *p;
	size_t i = 0;

	for (; (p = preset_at(i)) != NULL; i++) {
		ck_assert_ptr_eq(preset_find(p->name), p);
		for (size_t w = 0; w < p->n; w++) {
			const char *word = p->words[w];
			ck_assert_msg(
			    strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(word) &&
				*word != '\0',
			    "%s", word);
		}
	}
	ck_assert_uint_ge(i, 1);
}

SUITE(presets)
{
	ADD(an_unknown_one_is_absent);
	ADD(python_keywords);
	ADD(all_are_found_by_name_and_lower_case);
}
