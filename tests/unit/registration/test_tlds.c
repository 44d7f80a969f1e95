/* Presets of TLDs. */
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "registration/registries.h"
#include "registration/suffix.h"
#include "registration/tld_lists.h"
#include "registration/tlds.h"

static const struct {
	const char *lists;
	bool are_valid;
} rows[] = {
    {"", true},
    {"a=com", true},
    {"a=com+NET+.io", true},
    {"a=com,b=co.uk", true},
    {" a=com \t b=net ", true},
    {"a", false},
    {"a=", false},
    {"=com", false},
    {"a=com+", false},
    {"a=com b", false},
    {"a=*", false},
    {"a=com+c m", false},
    {"a=1:2", false},
};

TEST(valid)
{
	ck_assert_msg(
	    tld_lists_are_valid(rows[_i].lists) == rows[_i].are_valid, "%s", rows[_i].lists);
}

TEST(built_in)
{
	ck_assert(tld_lists_are_valid(tld_lists_built_in()));
}

/* One of them, in order. */
static char *list(const struct tlds *tlds, const char *preset)
{
	struct text_list all;
	struct buf text;

	text_list_init(&all);
	buf_init(&text, 1 << 20);
	bool is_known = tlds_add(tlds, preset, &all);
	buf_add_str(&text, is_known ? " " : "none");
	for (const char *tld = NULL; (tld = text_list_next(&all, tld)) != NULL;)
		buf_addf(&text, "%s ", tld);
	buf_done(&all.bytes);
	return buf_take(&text, NULL);
}

static void ck_list(const struct tlds *tlds, const char *preset, const char *want)
{
	char *got = list(tlds, preset);

	ck_row_str(preset, got, want);
	free(got);
}

static const char small_list[] = "// comment\n"
				 "outside\n"
				 "// ===BEGIN ICANN DOMAINS===\n"
				 "com\r\n"
				 "co.uk\n"
				 "*.ck\n"
				 "!www.ck\n"
				 "de   rest\n"
				 "\xd1\x80\xd1\x84\n"
				 "// ===END ICANN DOMAINS===\n"
				 "io\n";

TEST(presets)
{
	char path[] = "/tmp/suffixes-XXXXXX";
	struct registries *registries = registries_new();
	struct buf why;
	static const char map[] =
	    "{\"uk.com\":\"https://a.example/\",\"zz\":\"https://a.example/\"}";
	int fd = mkstemp(path);

	ck_assert_int_eq(write(fd, small_list, sizeof(small_list) - 1), sizeof(small_list) - 1);
	close(fd);
	buf_init(&why, 1000);
	ck_assert(registries_load_operator(registries, map, strlen(map), false, &why));
	struct suffixes *suffixes = suffixes_new(path);
	struct tlds *tlds = tlds_new(registries, suffixes, path, "ours=io+co.uk,tech=ai");
	ck_list(tlds, "ours", " io co.uk ");
	ck_list(tlds, "tech", " ai ");
	ck_list(tlds, "nosuch", "none");
	ck_list(tlds, "", "none");
	char *all = list(tlds, "all"), *countries = list(tlds, "country"),
	     *popular = list(tlds, "popular");
	static const char *const in[] = {" com ", " de ", " xn--p1ai ", " uk.com ", " zz ", " io "};
	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++)
		ck_assert_msg(strstr(all, in[i]) != NULL, "%s", in[i]);
	static const char *const out[] = {" outside ", " ck ", " *.ck ", " co.uk ", " rest "};
	for (size_t i = 0; i < sizeof(out) / sizeof(out[0]); i++)
		ck_assert_msg(strstr(all, out[i]) == NULL, "%s", out[i]);
	ck_assert_ptr_nonnull(strstr(countries, " de "));
	ck_assert_ptr_null(strstr(countries, " com "));
	ck_assert_ptr_nonnull(strstr(popular, " com "));
	free(all);
	free(countries);
	free(popular);
	tlds_free(tlds);
	suffixes_free(suffixes);
	registries_free(registries);
	buf_done(&why);
	unlink(path);
}

/* Without a list, `all` has what the maps name. */
TEST(no_list)
{
	struct registries *registries = registries_new();
	struct suffixes *suffixes = suffixes_new(NULL);
	struct tlds *tlds = tlds_new(registries, suffixes, "/nonexistent", "");
	char *all = list(tlds, "all");

	ck_assert_ptr_nonnull(strstr(all, " io "));
	ck_assert_ptr_null(strstr(all, " com "));
	free(all);
	tlds_free(tlds);
	tlds = tlds_new(registries, suffixes, NULL, "");
	all = list(tlds, "all");
	ck_assert_ptr_nonnull(strstr(all, " com "));
	ck_assert_ptr_null(strstr(all, " ck "));
	free(all);
	tlds_free(tlds);
	suffixes_free(suffixes);
	registries_free(registries);
}

SUITE(tlds)
{
	ADD_ROWS(valid, rows);
	ADD(built_in);
	ADD(presets);
	ADD(no_list);
}
