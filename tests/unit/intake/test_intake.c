/* From lines and lists to chunks of items. */
#include "../unit.h"

#include <stdlib.h>

#include "intake/intake.h"
#include "model/target.h"

struct bench {
	struct spec spec;
	struct problem problem;
	struct intake *intake;
};

static void begin(struct bench *b, bool has_lines, uint64_t max_items)
{
	struct intake_opts opts = {.spec = &b->spec,
	    .has_lines = has_lines,
	    .format = LINES_TEXT,
	    .max_items = max_items,
	    .folder = "/tmp"};

	b->problem = (struct problem){0};
	b->intake = intake_new(&opts);
}

static void end(struct bench *b)
{
	intake_free(b->intake);
	problem_done(&b->problem);
	spec_done(&b->spec);
}

static bool expand(struct bench *b, size_t step)
{
	bool is_more = true;

	while (is_more) {
		if (!intake_expand(b->intake, step, &is_more, &b->problem))
			return false;
	}
	return true;
}

/* Take all chunks and return their items, space separated, `!` before one that is no name. */
static char *take_text(struct bench *b)
{
	size_t n, offset = 0;
	uint32_t n_items = 0;
	struct chunk *chunks = intake_take_chunks(b->intake, &n);
	struct chunk_item item;
	struct buf text;

	buf_init(&text, 1 << 20);
	for (size_t i = 0; i < n; i++) {
		ck_assert_uint_eq(chunks[i].first, n_items);
		for (offset = 0; chunk_next(&chunks[i], &offset, &item); n_items++) {
			if (n_items > 0)
				buf_add_char(&text, ' ');
			if (!item.is_valid)
				buf_add_char(&text, '!');
			buf_add(&text, item.text, item.len);
		}
		ck_assert_uint_eq(offset, chunks[i].bytes.len);
		chunk_done(&chunks[i]);
	}
	free(chunks);
	return buf_take(&text, NULL);
}

static const struct {
	const char *name, *domains, *names, *tlds, *preset;
	uint32_t max_length;
	const char *lines, *want;
} rows[] = {
    {"no names", "a..b x@y.test", NULL, NULL, NULL, 0, NULL, "!a..b !x@y.test"},
    {"no names under a tld", NULL, "@ a..b", "test", NULL, 0, NULL, "!@.test !a..b"},
    {"names with a dot are domains", NULL, "x bar.com www.foo.", "dev io", NULL, 0, NULL,
	"x.dev x.io bar.com www.foo"},
    {"lines with a dot are domains", NULL, NULL, "dev io", NULL, 0, "x\nbar.com\n",
	"x.dev x.io bar.com"},
    {"domains in order", "b.test a.test b.test", NULL, NULL, NULL, 0, NULL, "b.test a.test b.test"},
    {"normalised", "B.Test. m\xc3\xbcller.test", NULL, NULL, NULL, 0, NULL,
	"b.test xn--mller-kva.test"},
    {"names by tlds", NULL, "x y", "dev com.br", NULL, 0, NULL, "x.dev x.com.br y.dev y.com.br"},
    {"domains are first and whole", "d.test", "x", "dev io", NULL, 0, NULL, "d.test x.dev x.io"},
    {"dots at the end", NULL, "x. y..", "dev", NULL, 0, NULL, "x.dev y.dev"},
    {"too long", "long.test", "abc abcd", "dev", NULL, 3, NULL, "long.test abc.dev"},
    {"preset", NULL, "x", "dev", "python-keywords", 2, NULL,
	"x.dev as.dev if.dev in.dev is.dev or.dev"},
    {"lines", NULL, NULL, NULL, NULL, 0, "# none\nb.test\r\n\na.test", "b.test a.test"},
    {"lines under tlds", NULL, NULL, "dev io", NULL, 3, "x\nlong\ny\n", "x.dev x.io y.dev y.io"},
};

static void fill_list(
    const char *words, void (*add)(struct spec *spec, const char *word), struct spec *spec)
{
	char copy[256], *rest = copy, *word;

	snprintf(copy, sizeof(copy), "%s", words != NULL ? words : "");
	while (words != NULL && (word = strsep(&rest, " ")) != NULL)
		add(spec, word);
}

static void add_domain(struct spec *spec, const char *word)
{
	text_list_add(&spec->domains, word);
}

static void add_name(struct spec *spec, const char *word)
{
	text_list_add(&spec->names, word);
}

static void add_tld(struct spec *spec, const char *word)
{
	ck_assert(spec_add_tld(spec, word));
}

static void fill_spec(struct spec *spec, int row)
{
	spec_init(spec);
	fill_list(rows[row].domains, add_domain, spec);
	fill_list(rows[row].names, add_name, spec);
	fill_list(rows[row].tlds, add_tld, spec);
	spec->preset = rows[row].preset != NULL ? strdup(rows[row].preset) : NULL;
	spec->max_length = rows[row].max_length;
}

/* Read all of it, which the intake has room for. */
static bool read_all(struct bench *b, const char *bytes, size_t n_bytes)
{
	size_t n_read;
	bool is_good = intake_read(b->intake, bytes, n_bytes, &n_read, &b->problem);

	ck_assert(!is_good || n_read == n_bytes);
	return is_good;
}

/* Whatever the size of the steps, the items are the same. */
TEST(items)
{
	for (size_t step = 1; step < 20; step += 6) {
		const char *lines = rows[_i].lines;
		struct bench b;
		fill_spec(&b.spec, _i);
		begin(&b, lines != NULL, 1000);
		for (size_t at = 0; lines != NULL && at < strlen(lines); at += step) {
			size_t n = strlen(lines) - at < step ? strlen(lines) - at : step;
			ck_assert(read_all(&b, lines + at, n));
		}
		ck_assert_msg(expand(&b, step), "%s", rows[_i].name);
		ck_assert_msg(intake_finish(b.intake, &b.problem), "%s", rows[_i].name);
		char *got = take_text(&b);
		ck_row_str(rows[_i].name, got, rows[_i].want);
		free(got);
		end(&b);
	}
}

TEST(nothing_is_a_fault)
{
	struct bench b = {.intake = NULL};

	spec_init(&b.spec);
	begin(&b, true, 10);
	ck_assert(read_all(&b, "# only this\n\n", 13));
	ck_assert(expand(&b, 10));
	ck_assert(!intake_finish(b.intake, &b.problem));
	ck_assert_int_eq(b.problem.status, 422);
	ck_assert_str_eq(b.problem.errors[0].pointer, "/domains");
	end(&b);
	intake_free(NULL);
}

TEST(too_many_items_are_a_fault)
{
	struct bench b = {.intake = NULL};

	spec_init(&b.spec);
	begin(&b, true, 3);
	ck_assert(read_all(&b, "a.test\nb.test\nc.test\n", 21));
	ck_assert(!read_all(&b, "d.test\n", 7));
	ck_assert_int_eq(b.problem.status, 422);
	ck_assert_uint_eq(intake_total(b.intake), 3);
	end(&b);
	spec_init(&b.spec);
	text_list_add(&b.spec.names, "a");
	text_list_add(&b.spec.names, "b");
	ck_assert(spec_add_tld(&b.spec, "dev") && spec_add_tld(&b.spec, "io"));
	begin(&b, false, 3);
	ck_assert(!expand(&b, 100));
	ck_assert_int_eq(b.problem.status, 422);
	end(&b);
}

/* Names without end neither overrun nor pass. */
TEST(long_input_is_cut_and_invalid)
{
	struct bench b = {.intake = NULL};
	char line[5000];

	memset(line, 'a', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	spec_init(&b.spec);
	ck_assert(spec_add_tld(&b.spec, "dev"));
	begin(&b, true, 10);
	ck_assert(read_all(&b, line, sizeof(line)));
	ck_assert(expand(&b, 10) && intake_finish(b.intake, &b.problem));
	ck_assert_uint_eq(intake_invalid(b.intake), 1);
	char *got = take_text(&b);
	ck_assert_uint_le(strlen(got), TARGET_INPUT_MAX + 1);
	free(got);
	end(&b);
}

TEST(chunks_are_full_and_numbered_on)
{
	struct bench b = {.intake = NULL};
	char line[32];
	size_t n;
	uint32_t first = 0;

	spec_init(&b.spec);
	begin(&b, true, 1000000);
	for (int i = 0; i < 2500; i++) {
		int len = snprintf(line, sizeof(line), "n%d.test\n", i);
		ck_assert(read_all(&b, line, (size_t)len));
	}
	ck_assert(expand(&b, 10) && intake_finish(b.intake, &b.problem));
	struct chunk *chunks = intake_take_chunks(b.intake, &n);
	ck_assert_uint_eq(n, 3);
	for (size_t i = 0; i < n; i++) {
		ck_assert_uint_eq(chunks[i].first, first);
		ck_assert_uint_eq(chunks[i].n, i < 2 ? CHUNK_ITEMS : 500);
		first += chunks[i].n;
		chunk_done(&chunks[i]);
	}
	free(chunks);
	ck_assert_uint_eq(intake_first(b.intake)->n, INTAKE_FIRST);
	end(&b);
}

static size_t drop_chunks(struct intake *intake)
{
	size_t n, n_bytes = 0;
	struct chunk *chunks = intake_take_chunks(intake, &n);

	for (size_t i = 0; i < n; i++) {
		n_bytes += chunks[i].bytes.len;
		chunk_done(&chunks[i]);
	}
	free(chunks);
	return n_bytes;
}

/* Few bytes that become many items are read in steps: what waits to be taken stays within a bound,
 * which a line may pass by what it becomes. */
TEST(steps_are_bounded)
{
	static char lines[64 * 1001];
	struct bench b = {.intake = NULL};
	char tld[16];
	size_t at = 0, n_read, n_steps = 0;
	bool is_more = true;

	for (size_t i = 0; i < sizeof(lines); i++)
		lines[i] = (i + 1) % 1001 == 0 ? '\n' : 'a';
	spec_init(&b.spec);
	for (int i = 0; i < 1000; i++) {
		snprintf(tld, sizeof(tld), "t%d", i);
		ck_assert(spec_add_tld(&b.spec, tld));
	}
	text_list_add(&b.spec.names, "b");
	begin(&b, true, 1000000);
	for (; at < sizeof(lines); at += n_read, n_steps++) {
		ck_assert(
		    intake_read(b.intake, lines + at, sizeof(lines) - at, &n_read, &b.problem));
		ck_assert_uint_lt(drop_chunks(b.intake), INTAKE_BYTES + 1000 * 1010);
	}
	ck_assert_uint_gt(n_steps, 30);
	for (n_steps = 0; is_more; n_steps++) {
		ck_assert(intake_expand(b.intake, 1000000, &is_more, &b.problem));
		ck_assert_uint_lt(drop_chunks(b.intake), INTAKE_BYTES + 10000);
	}
	ck_assert_uint_eq(intake_total(b.intake), 65000);
	end(&b);
}

TEST(duplicates_are_of_normalised_names)
{
	static const char lines[] = "a.test\nb.test\nA.test.\n@\n@\nb.test\na.test\n";
	struct bench b = {.intake = NULL};
	struct duplicate d[8];
	size_t n;
	unsigned sum = 0;

	spec_init(&b.spec);
	begin(&b, true, 100);
	ck_assert(read_all(&b, lines, strlen(lines)));
	ck_assert(expand(&b, 10) && intake_finish(b.intake, &b.problem));
	ck_assert(intake_duplicates(b.intake, d, 2, &n, &b.problem));
	ck_assert_uint_eq(n, 2);
	ck_assert(intake_duplicates(b.intake, d + 2, 6, &n, &b.problem));
	ck_assert_uint_eq(n, 1); /* invalid input is not compared */
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(d[i].first, d[i].index == 5 ? 1 : 0);
		sum += d[i].index;
	}
	ck_assert_uint_eq(sum, 2 + 5 + 6);
	ck_assert_uint_eq(intake_total(b.intake), 7);
	ck_assert_uint_eq(intake_invalid(b.intake), 2);
	end(&b);
}

SUITE(intake)
{
	ADD_ROWS(items, rows);
	ADD(nothing_is_a_fault);
	ADD(too_many_items_are_a_fault);
	ADD(long_input_is_cut_and_invalid);
	ADD(chunks_are_full_and_numbered_on);
	ADD(steps_are_bounded);
	ADD(duplicates_are_of_normalised_names);
}
