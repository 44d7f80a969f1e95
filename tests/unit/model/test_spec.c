/* Submissions as values. */
#include "../unit.h"

#include "base/alloc.h"
#include "model/spec.h"

static const struct {
	const char *name, *tld, *want; /* NULL: refused */
} tlds[] = {
    {"empty", "", NULL},
    {"a dot", ".", NULL},
    {"dots", "...", NULL},
    {"a space", "de v", NULL},
    {"an empty label", "com..br", NULL},
    {"a number", "123", NULL},
    {"a hyphen first", "-dev", NULL},
    {"a hyphen last", "dev-.br", NULL},
    {"a path", "./dev", NULL},
    {"a wildcard", "*", NULL},
    {"plain", "dev", "dev"},
    {"a leading dot", ".dev", "dev"},
    {"dots on both sides", "..dev..", "dev"},
    {"upper case, two labels", "COM.BR", "com.br"},
    {"an IDN", "рф", "xn--p1ai"},
};

TEST(normalises_tlds)
{
	struct spec spec;

	spec_init(&spec);
	bool is_good = spec_add_tld(&spec, tlds[_i].tld);
	ck_assert_msg(is_good == (tlds[_i].want != NULL), "%s", tlds[_i].name);
	const char *first = text_list_next(&spec.tlds, NULL);
	if (is_good)
		ck_row_str(tlds[_i].name, first, tlds[_i].want);
	else
		ck_assert_ptr_null(first);
	ck_assert_uint_eq(spec.tlds.n, is_good);
	spec_done(&spec);
}

TEST(lists_keep_their_order)
{
	static const char *const texts[] = {"one", "", "three", "", ""};
	struct spec spec;
	const char *at = NULL;

	spec_init(&spec);
	ck_assert_ptr_null(text_list_next(&spec.names, NULL));
	for (size_t i = 0; i < N_ROWS(texts); i++)
		text_list_add(&spec.names, texts[i]);
	ck_assert_uint_eq(spec.names.n, N_ROWS(texts));
	for (size_t i = 0; i < N_ROWS(texts); i++) {
		at = text_list_next(&spec.names, at);
		ck_assert_ptr_nonnull(at);
		ck_assert_str_eq(at, texts[i]);
	}
	ck_assert_ptr_null(text_list_next(&spec.names, at));
	spec_done(&spec);
}

TEST(ends_twice)
{
	struct spec spec;

	spec_init(&spec);
	spec.label = xstrdup("label");
	spec.preset = xstrdup("preset");
	text_list_add(&spec.domains, "example.com");
	spec_done(&spec);
	ck_assert_ptr_null(spec.label);
	ck_assert_uint_eq(spec.domains.n, 0);
	ck_assert_ptr_null(text_list_next(&spec.domains, NULL));
	spec_done(&spec);
}

TEST(names_read_back)
{
	enum job_kind kind = N_KINDS;
	enum job_check check = N_CHECKS;

	ck_assert(!job_kind_parse("Flags", &kind));
	ck_assert(!job_kind_parse("", &kind));
	ck_assert_int_eq(kind, N_KINDS);
	ck_assert(!job_check_parse("Resolve", &check));
	ck_assert_int_eq(check, N_CHECKS);
	for (int i = 0; i < N_KINDS; i++) {
		ck_assert(job_kind_parse(job_kind_name((enum job_kind)i), &kind));
		ck_assert_int_eq((int)kind, i);
	}
	for (int i = 0; i < N_CHECKS; i++) {
		ck_assert(job_check_parse(job_check_name((enum job_check)i), &check));
		ck_assert_int_eq((int)check, i);
	}
}

SUITE(spec)
{
	ADD_ROWS(normalises_tlds, tlds);
	ADD(lists_keep_their_order);
	ADD(ends_twice);
	ADD(names_read_back);
}
