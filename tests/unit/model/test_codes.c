/* Sets of country codes. */
#include "../unit.h"

#include "model/codes.h"

static const struct {
	const char *name, *text;
	size_t n; /* codes that it adds; 0: refused */
} texts[] = {
    {"nothing", "", 0},
    {"three letters", "USA", 0},
    {"a digit", "1", 0},
    {"a digit first", "1A", 0},
    {"a digit second", "A1", 0},
    {"a blank", " ", 0},
    {"a blank second", "A ", 0},
    {"a hyphen", "-a", 0},
    {"the character before A", "@", 0},
    {"the character before a", "`A", 0},
    {"the character behind Z", "[A", 0},
    {"the character behind z", "A{", 0},
    {"not ASCII",
	"\xc3"
	"A",
	0},
    {"high bytes that end as letters do", "\xc1\xc2", 0},
    {"a control character that ends as a letter does", "\1\2", 0},
    {"a letter", "A", 26},
    {"the last letter", "z", 26},
    {"a code", "US", 1},
    {"the first code", "aa", 1},
    {"the last code", "Zz", 1},
};

TEST(adds_one_or_two_letters)
{
	struct codes codes = {{0}};
	bool is_good = codes_add(&codes, texts[_i].text, strlen(texts[_i].text));

	ck_assert_msg(is_good == (texts[_i].n > 0), "%s", texts[_i].name);
	ck_assert_msg(
	    codes_count(&codes) == texts[_i].n, "%s: %zu", texts[_i].name, codes_count(&codes));
}

TEST(a_nul_is_no_letter)
{
	struct codes codes = {{0}};

	ck_assert(!codes_add(&codes, "A\0", 2));
	ck_assert(!codes_add(&codes, "\0A", 2));
	ck_assert_uint_eq(codes_count(&codes), 0);
}

/* Write all codes of the set, space separated. */
static void list(const struct codes *codes, char *ret_text)
{
	unsigned place = 0;
	char *at = ret_text;

	for (char code[CODE_SIZE]; codes_next(codes, &place, code);) {
		ck_assert_uint_eq(strlen(code), 2);
		at += sprintf(at, "%s%s", at > ret_text ? " " : "", code);
	}
	*at = '\0';
	ck_assert_uint_le(place, CODES_ALL);
}

static const struct {
	const char *name, *texts[8], *want;
} sets[] = {
    {"none", {NULL}, ""},
    {"sorted", {"US", "cn", "BR", "AA", "ZZ"}, "AA BR CN US ZZ"},
    {"duplicates collapse", {"US", "us", "Us", "BR"}, "BR US"},
    {"a letter and codes of it", {"QB", "q", "QZ", "ZA"},
	"QA QB QC QD QE QF QG QH QI QJ QK QL QM QN QO QP QQ QR QS QT QU QV QW QX QY QZ ZA"},
};

TEST(come_in_order)
{
	struct codes codes = {{0}};
	char got[CODES_ALL * 3 + 1];

	for (size_t i = 0; sets[_i].texts[i] != NULL; i++)
		ck_assert(codes_add(&codes, sets[_i].texts[i], strlen(sets[_i].texts[i])));
	list(&codes, got);
	ck_row_str(sets[_i].name, got, sets[_i].want);
}

static const struct {
	const char *name;
	size_t n; /* 0: there is none */
	const char *first, *last;
} presets[] = {
    {"", 0, "", ""},
    {"pop2", 0, "", ""},
    {"POP20", 0, "", ""},
    {"python-keywords", 0, "", ""},
    {"pop20", 20, "BD", "VN"},
    {"all", 194, "AD", "ZW"},
    {"every", CODES_ALL, "AA", "ZZ"},
};

TEST(knows_presets)
{
	struct codes codes = {{0}};
	char got[CODES_ALL * 3 + 1];
	const char *name = presets[_i].name;

	ck_assert_msg(codes_add_preset(&codes, name) == (presets[_i].n > 0), "%s", name);
	ck_assert_msg(codes_count(&codes) == presets[_i].n, "%s: %zu", name, codes_count(&codes));
	list(&codes, got);
	ck_assert_msg(strncmp(got, presets[_i].first, 2) == 0 || presets[_i].n == 0, "%s", got);
	ck_assert_str_eq(got + strlen(got) - strlen(presets[_i].last), presets[_i].last);
}

TEST(the_twenty_have_flags)
{
	struct codes all = {{0}}, both = {{0}};

	ck_assert(codes_add_preset(&all, "all"));
	ck_assert(codes_add_preset(&both, "pop20") && codes_add_preset(&both, "all"));
	ck_assert_mem_eq(&all, &both, sizeof(all));
}

TEST(goes_on_where_it_was)
{
	struct codes codes = {{0}};
	char code[CODE_SIZE] = "--";
	unsigned place = 0;

	ck_assert(codes_add(&codes, "BR", 2) && codes_add(&codes, "ZZ", 2));
	ck_assert(codes_next(&codes, &place, code));
	ck_assert_str_eq(code, "BR");
	ck_assert(codes_add(&codes, "CN", 2));
	ck_assert(codes_next(&codes, &place, code));
	ck_assert_str_eq(code, "CN");
	ck_assert(codes_next(&codes, &place, code));
	ck_assert_str_eq(code, "ZZ");
	ck_assert(!codes_next(&codes, &place, code));
	ck_assert(!codes_next(&codes, &place, code));
	ck_assert_uint_eq(place, CODES_ALL);
}

SUITE(codes)
{
	ADD_ROWS(adds_one_or_two_letters, texts);
	ADD(a_nul_is_no_letter);
	ADD_ROWS(come_in_order, sets);
	ADD_ROWS(knows_presets, presets);
	ADD(the_twenty_have_flags);
	ADD(goes_on_where_it_was);
}
