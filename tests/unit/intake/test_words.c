/* Words, their forms, and what they come to. */
#include "../unit.h"

#include <stdlib.h>

#include "intake/intake.h"
#include "intake/words.h"

static const struct {
	const char *name, *names, *prefixes, *suffixes, *tlds;
	uint32_t max_length;
	const char *want;
	uint32_t grid_first, grid_n;
} rows[] = {
    {"no word", "", "get", "app", "dev", 0, "!", 0, 1},
    {"a word with a dot is asked once", "a.com b", "get", "app", "dev", 0,
	"a.com b.dev getb.dev bapp.dev", 0, 0},
    {"a word that normalises to two labels",
	"a\xe3\x80\x82"
	"b",
	"", "", "dev", 0, "a.b.dev", 0, 0},
    {"a word that is none", "a:b", "get", "", "dev", 0, "!a:b.dev !geta:b.dev", 0, 2},
    {"prefixes, then suffixes, never both", "x y", "get my", "app", "dev io", 0,
	"x.dev x.io getx.dev getx.io myx.dev myx.io xapp.dev xapp.io y.dev y.io gety.dev gety.io "
	"myy.dev myy.io yapp.dev yapp.io",
	0, 16},
    {"a suffix alone", "x", "", "-hq", "dev", 0, "x.dev x-hq.dev", 0, 2},
    {"forms that are too long", "x abcd", "get", "", "dev", 4, "x.dev getx.dev abcd.dev", 0, 3},
    {"a pattern", "{a,b}#", "", "", "dev", 0,
	"a0.dev a1.dev a2.dev a3.dev a4.dev a5.dev a6.dev a7.dev a8.dev a9.dev b0.dev b1.dev "
	"b2.dev "
	"b3.dev b4.dev b5.dev b6.dev b7.dev b8.dev b9.dev",
	0, 20},
    {"a pattern with a prefix", "[ab]", "my", "", "dev", 0, "a.dev mya.dev b.dev myb.dev", 0, 4},
};

static void fill(struct text_list *list, const char *words)
{
	char copy[256], *rest = copy, *word;

	snprintf(copy, sizeof(copy), "%s", words);
	while ((word = strsep(&rest, " ")) != NULL) {
		if (*word != '\0' || *words == '\0')
			text_list_add(list, word);
	}
}

static void fill_spec(struct spec *spec, int i)
{
	spec_init(spec);
	fill(&spec->names, rows[i].names);
	if (*rows[i].prefixes != '\0')
		fill(&spec->prefixes, rows[i].prefixes);
	if (*rows[i].suffixes != '\0')
		fill(&spec->suffixes, rows[i].suffixes);
	fill(&spec->tlds, rows[i].tlds);
	spec->max_length = rows[i].max_length;
}

static char *take_items(struct intake *in)
{
	size_t n, offset = 0;
	struct chunk *chunks = intake_take_chunks(in, &n);
	struct chunk_item item;
	struct buf text;

	buf_init(&text, 1 << 16);
	ck_assert_uint_le(n, 1);
	while (n > 0 && chunk_next(&chunks[0], &offset, &item)) {
		buf_addf(&text, "%s%s", text.len > 0 ? " " : "", item.is_valid ? "" : "!");
		buf_add(&text, item.text, item.len);
	}
	if (n > 0)
		chunk_done(&chunks[0]);
	free(chunks);
	return buf_take(&text, NULL);
}

static struct intake *expand(struct spec *spec, uint64_t most, struct problem *p)
{
	const struct intake_opts opts = {.spec = spec, .max_items = most, .folder = "/tmp"};
	struct intake *in = intake_new(&opts);
	bool is_more = true;

	while (is_more && intake_expand(in, 1, &is_more, p))
		;
	return in;
}

TEST(items)
{
	struct problem p = {0};
	struct spec spec;

	fill_spec(&spec, _i);
	struct intake *in = expand(&spec, 1000, &p);
	char *got = take_items(in);
	ck_row_str(rows[_i].name, got, rows[_i].want);
	struct grid_place grid = intake_grid(in);
	ck_assert_msg(grid.n == rows[_i].grid_n && grid.first == rows[_i].grid_first, "%s: %u",
	    rows[_i].name, grid.n);
	free(got);
	intake_free(in);
	spec_done(&spec);
	problem_done(&p);
}

/* What is too much is refused before anything is expanded; what just fits is taken. */
TEST(fit)
{
	struct problem p = {0};
	struct spec spec;

	fill_spec(&spec, _i);
	struct intake *in = expand(&spec, 1000, &p);
	uint64_t n = intake_total(in);
	ck_assert_msg(words_fit(&spec, n), "%s", rows[_i].name);
	if (spec.max_length == 0)
		ck_assert_msg(!words_fit(&spec, n - 1), "%s", rows[_i].name);
	intake_free(in);
	in = expand(&spec, n, &p);
	ck_assert_int_eq(p.status, 0);
	intake_free(in);
	if (n > 1) {
		in = expand(&spec, n - 1, &p);
		ck_assert_int_eq(p.status, 422);
		if (spec.max_length == 0)
			ck_assert_uint_eq(intake_total(in), 0);
		intake_free(in);
	}
	spec_done(&spec);
	problem_done(&p);
}

TEST(huge)
{
	struct problem p = {0};
	struct spec spec;

	spec_init(&spec);
	for (int i = 0; i < 3; i++)
		text_list_add(&spec.names, "????????????????????????????????????????");
	text_list_add(&spec.tlds, "dev");
	struct intake *in = expand(&spec, 10000000, &p);
	ck_assert_int_eq(p.status, 422);
	ck_assert_uint_eq(intake_total(in), 0);
	intake_free(in);
	spec_done(&spec);
	problem_done(&p);
}

static const struct {
	const char *affix;
	bool is_good;
} affixes[] = {{"", false}, {".", false}, {"a.b", false}, {" ", false}, {"a b", false},
    {"?", false}, {"@", false}, {"a:", false}, {"\xff", false}, {"get", true}, {"my-", true},
    {"-app", true}, {"4", true}, {"m\xc3\xbcller", true}, {"Get", true}};

TEST(affix)
{
	struct spec spec;

	spec_init(&spec);
	ck_assert_msg(spec_add_affix(&spec.prefixes, affixes[_i].affix) == affixes[_i].is_good,
	    "%s", affixes[_i].affix);
	spec_done(&spec);
}

TEST(repeats)
{
	struct text_list list;
	struct buf text;

	text_list_init(&list);
	text_list_drop_repeats(&list);
	ck_assert_uint_eq(list.n, 0);
	fill(&list, "dev io dev com io devs");
	text_list_drop_repeats(&list);
	buf_init(&text, 100);
	for (const char *t = NULL; (t = text_list_next(&list, t)) != NULL;)
		buf_addf(&text, "%s ", t);
	ck_assert_str_eq(text.data, "dev io com devs ");
	buf_done(&text);
	buf_done(&list.bytes);
}

SUITE(words)
{
	ADD_ROWS(items, rows);
	ADD_ROWS(fit, rows);
	ADD(huge);
	ADD_ROWS(affix, affixes);
	ADD(repeats);
}
