/* From URLs and codes to chunks of files. */
#include "../unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "intake/intake.h"
#include "model/file.h"
#include "wire/url_item.h"

#define DIGEST "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff"
#define BASE   "https://a.test/data/flags"

struct bench {
	struct spec spec;
	struct problem problem;
	struct intake *intake;
};

static void begin(struct bench *b, enum job_kind kind)
{
	*b = (struct bench){.intake = NULL};
	spec_init(&b->spec);
	b->spec.kind = kind;
}

static void open_intake(struct bench *b, bool has_lines, const char *base_url, uint64_t max_items)
{
	struct intake_opts opts = {.spec = &b->spec,
	    .base_url = base_url,
	    .has_lines = has_lines,
	    .format = LINES_TEXT,
	    .max_items = max_items,
	    .folder = "/tmp"};

	b->intake = intake_new(&opts);
}

static void end(struct bench *b)
{
	intake_free(b->intake);
	problem_done(&b->problem);
	spec_done(&b->spec);
}

static bool read_text(struct bench *b, const char *text, size_t step)
{
	for (size_t at = 0, len = strlen(text); at < len; at += step) {
		size_t n = len - at < step ? len - at : step, n_read;
		if (!intake_read(b->intake, text + at, n, &n_read, &b->problem))
			return false;
	}
	return true;
}

static bool finish(struct bench *b, size_t step)
{
	bool is_more = true;

	while (is_more) {
		if (!intake_expand(b->intake, step, &is_more, &b->problem))
			return false;
	}
	return intake_finish(b->intake, &b->problem);
}

static void add_span(struct buf *text, const char *before, struct span s)
{
	buf_add_str(text, before);
	if (s.len > 0)
		buf_add(text, s.bytes, s.len);
}

/* Write an item as `URL NAME CODE`, with a star behind a code whose country is wanted, `!` before a
 * URL that is none. */
static void describe(struct buf *text, const struct chunk_item *in)
{
	struct file_item item;

	if (!in->is_valid) {
		add_span(text, "!", (struct span){in->text, in->len});
		return;
	}
	ck_assert(file_item_read(in->text, in->len, &item));
	add_span(text, "", item.url);
	add_span(text, " ", item.name);
	if (item.code.len > 0)
		add_span(text, " ", item.code);
	if (item.options.by_country)
		buf_add_char(text, '*');
}

/* Take all chunks and return their items, one a line. */
static char *take_text(struct bench *b)
{
	size_t n;
	uint32_t n_items = 0;
	struct chunk *chunks = intake_take_chunks(b->intake, &n);
	struct chunk_item item;
	struct buf text;

	buf_init(&text, 1 << 22);
	for (size_t i = 0; i < n; i++) {
		ck_assert_uint_eq(chunks[i].first, n_items);
		for (size_t at = 0; chunk_next(&chunks[i], &at, &item); n_items++) {
			describe(&text, &item);
			buf_add_char(&text, '\n');
		}
		chunk_done(&chunks[i]);
	}
	free(chunks);
	ck_assert_uint_eq(n_items, intake_total(b->intake));
	return buf_take(&text, NULL);
}

#define A "http://a.test/"

static const struct {
	const char *name, *lines, *want;
} urls[] = {
    {"no URLs", "x\nftp://a.test/\nhttp://u:p@a.test/\n" A "a b",
	"!x\n!ftp://a.test/\n!http://u:p@a.test/\n!" A "a b\n"},
    {"the same name three times", A "a.gif\nhttp://b.test/a.gif\n" A "x/a.gif",
	A "a.gif a.gif\nhttp://b.test/a.gif a-2.gif\n" A "x/a.gif a-3.gif\n"},
    {"the same URL twice is fetched twice", A "a\n" A "a", A "a a\n" A "a a-2\n"},
    {"names that differ by case", A "a.gif\n" A "A.GIF", A "a.gif a.gif\n" A "A.GIF A-2.GIF\n"},
    {"no URL takes no name", "ftp://a.test/a\n" A "a", "!ftp://a.test/a\n" A "a a\n"},
    {"no name", A "\nhttp://b.test\n" A "x/?a/b",
	A " index\nhttp://b.test index-2\n" A "x/?a/b index-3\n"},
    {"names with a will of their own", A "..%2f..%2fx\n" A "%00\n" A ".ssh\n" A "a%0ab",
	A "..%2f..%2fx _.._x\n" A "%00 _\n" A ".ssh ssh\n" A "a%0ab a_b\n"},
    {"what was written is kept", "HTTP://A.test:80/x#y", "HTTP://A.test:80/x#y x\n"},
    {"the number is the place in the job", A "a\nx\n# none\n\n" A "a", A "a a\n!x\n" A "a a-3\n"},
};

/* Whatever the size of the pieces, the items are the same. */
TEST(lines_of_urls)
{
	for (size_t step = 1; step < 40; step += 13) {
		struct bench b;
		begin(&b, KIND_DOWNLOADS);
		open_intake(&b, true, NULL, 1000);
		ck_assert_msg(read_text(&b, urls[_i].lines, step), "%s", urls[_i].name);
		ck_assert_msg(finish(&b, step), "%s", urls[_i].name);
		char *got = take_text(&b);
		ck_row_str(urls[_i].name, got, urls[_i].want);
		free(got);
		end(&b);
	}
}

static void add_url(struct bench *b, const struct file_item *item)
{
	file_item_add(&b->spec.urls.bytes, item);
	buf_add_char(&b->spec.urls.bytes, '\0');
	b->spec.urls.n++;
}

#define SPAN(text)                                                                                 \
	{                                                                                          \
		(text), sizeof(text) - 1                                                           \
	}

TEST(listed_urls_keep_what_they_ask_for)
{
	struct bench b;
	struct file_item item;
	struct chunk_item packed;
	size_t n, at = 0;

	begin(&b, KIND_DOWNLOADS);
	add_url(&b, &(struct file_item){.url = SPAN(A "x"),
			.name = SPAN("../../n.gif"),
			.sha256 = SPAN(DIGEST),
			.headers = SPAN("Accept: a\nReferer: b\n")});
	add_url(&b, &(struct file_item){.url = SPAN(A "y"), .name = SPAN("N.gif")});
	add_url(&b, &(struct file_item){.url = SPAN("no URL"), .name = SPAN("z")});
	open_intake(&b, false, NULL, 3);
	ck_assert(finish(&b, 1));
	ck_assert_uint_eq(intake_invalid(b.intake), 1);
	struct chunk *chunks = intake_take_chunks(b.intake, &n);
	ck_assert_uint_eq(n, 1);
	ck_assert(chunk_next(chunks, &at, &packed) && packed.is_valid);
	ck_assert(file_item_read(packed.text, packed.len, &item));
	ck_assert(item.name.len == 5 && memcmp(item.name.bytes, "n.gif", 5) == 0);
	ck_assert(item.sha256.len == 64 && memcmp(item.sha256.bytes, DIGEST, 64) == 0);
	ck_assert(item.headers.len == 21 && memcmp(item.headers.bytes, "Accept: a\nRef", 13) == 0);
	ck_assert(chunk_next(chunks, &at, &packed) && packed.is_valid);
	ck_assert(file_item_read(packed.text, packed.len, &item));
	ck_assert(item.name.len == 7 && memcmp(item.name.bytes, "N-2.gif", 7) == 0);
	ck_assert(chunk_next(chunks, &at, &packed) && !packed.is_valid);
	ck_assert(packed.len == 6 && memcmp(packed.text, "no URL", 6) == 0);
	chunk_done(chunks);
	free(chunks);
	end(&b);
}

static const struct {
	const char *name, *base_url, *lines, *want;
	enum file_layout layout;
} placed[] = {
    {"names below a base", "http://b.test/pub/", "a.iso\n./d/e f.iso\n/x\n" A "y\nftp://z/\n",
	"http://b.test/pub/a.iso a.iso\nhttp://b.test/pub/d/e%20f.iso d/e f.iso\n"
	"http://b.test/pub//x x\n" A "y y\n!ftp://z/\n",
	LAYOUT_FLAT},
    {"sums", "http://b.test?x#y", DIGEST "  a#b?.iso\n" DIGEST " *" A "z\n",
	"http://b.test/a%23b%3F.iso a#b_.iso\n" A "z z\n", LAYOUT_FLAT},
    {"no base", NULL, "a.iso\n", "!a.iso\n", LAYOUT_FLAT},
    {"by host", NULL, A "x/a\nhttp://b.test/x/a\n" A "y/a\n",
	A "x/a a.test/a\nhttp://b.test/x/a b.test/a\n" A "y/a a.test/a-3\n", LAYOUT_HOST},
    {"by URL", NULL, A "x\n" A "x/y\n" A "x/z\n" A "x/\n",
	A "x a.test/x\n" A "x/y a.test/x_/y\n" A "x/z a.test/x_/z\n" A "x/ a.test/x_/index\n",
	LAYOUT_URL},
};

TEST(files_have_places)
{
	struct bench b;
	begin(&b, KIND_DOWNLOADS);
	b.spec.layout = placed[_i].layout;
	b.spec.base_url = placed[_i].base_url != NULL ? xstrdup(placed[_i].base_url) : NULL;
	open_intake(&b, true, NULL, 1000);
	ck_assert(read_text(&b, placed[_i].lines, 1000) && finish(&b, 1000));
	AUTO_FREE char *got = take_text(&b);
	ck_row_str(placed[_i].name, got, placed[_i].want);
	end(&b);
}

TEST(headers_of_the_job)
{
	struct bench b;
	struct file_item item;
	struct chunk_item packed;
	size_t n, at = 0;
	begin(&b, KIND_DOWNLOADS);
	buf_add_str(&b.spec.headers, "Accept: job\nUser-Agent: u\nReferer: r\n");
	b.spec.files = (struct file_options){.by_disposition = true, .max_rate = 7};
	add_url(&b, &(struct file_item){.url = SPAN(A "x"),
			.name = SPAN("n"),
			.headers = SPAN("aCCEPT: own\nReferer: q\n")});
	add_url(&b, &(struct file_item){.url = SPAN(A "y")});
	open_intake(&b, false, NULL, 3);
	ck_assert(finish(&b, 1));
	struct chunk *chunks = intake_take_chunks(b.intake, &n);
	ck_assert(
	    chunk_next(chunks, &at, &packed) && file_item_read(packed.text, packed.len, &item));
	static const char own[] = "aCCEPT: own\nReferer: q\nUser-Agent: u\n";
	ck_assert(
	    item.headers.len == strlen(own) && memcmp(item.headers.bytes, own, strlen(own)) == 0);
	ck_assert(!item.options.by_disposition && item.options.max_rate == 7);
	ck_assert(
	    chunk_next(chunks, &at, &packed) && file_item_read(packed.text, packed.len, &item));
	ck_assert(item.headers.len == b.spec.headers.len && item.options.by_disposition);
	chunk_done(chunks);
	free(chunks);
	end(&b);
}

TEST(files_are_no_duplicates)
{
	struct duplicate d;
	struct bench b;
	size_t n = 7;

	begin(&b, KIND_DOWNLOADS);
	open_intake(&b, true, NULL, 10);
	ck_assert(read_text(&b, A "x\n" A "x\n", 100) && finish(&b, 10));
	ck_assert(intake_duplicates(b.intake, &d, 1, &n, &b.problem));
	ck_assert_uint_eq(n, 0);
	end(&b);
}

/* What is too long for a URL is invalid, and never a shorter URL that is fetched. */
TEST(long_urls)
{
	static const size_t lengths[] = {
	    FILE_MAX_URL, FILE_MAX_URL + 1, LINES_MAX - 1, LINES_MAX + 9};
	static char line[LINES_MAX + 20];

	for (size_t i = 0; i < N_ROWS(lengths); i++) {
		bool is_good = lengths[i] <= FILE_MAX_URL;
		struct bench b;
		begin(&b, KIND_DOWNLOADS);
		open_intake(&b, true, NULL, 10);
		memset(line, 'a', sizeof(line));
		memcpy(line, A, strlen(A));
		memcpy(line + lengths[i], "\n", 2);
		ck_assert(read_text(&b, line, 5000) && finish(&b, 10));
		ck_assert_uint_eq(intake_total(b.intake), 1);
		ck_assert_msg(intake_invalid(b.intake) == !is_good, "%zu", lengths[i]);
		char *got = take_text(&b);
		ck_assert_msg(is_good || strlen(got) < 1100, "%zu", strlen(got));
		free(got);
		end(&b);
	}
}

/* Chunks are closed by their bytes too. */
TEST(chunks_of_long_urls)
{
	static char line[6000];
	struct bench b;
	size_t n;

	begin(&b, KIND_DOWNLOADS);
	open_intake(&b, true, NULL, 1000);
	memset(line, 'a', sizeof(line));
	memcpy(line, A, strlen(A));
	for (int i = 0; i < 200; i++) {
		int len = snprintf(line + 5000, 900, "%d\n", i);
		size_t n_read;
		ck_assert(intake_read(b.intake, line, 5000 + (size_t)len, &n_read, &b.problem));
	}
	ck_assert(finish(&b, 10));
	struct chunk *chunks = intake_take_chunks(b.intake, &n);
	ck_assert_uint_gt(n, 3);
	uint32_t first = 0;
	for (size_t i = 0; i < n; i++) {
		ck_assert_uint_eq(chunks[i].first, first);
		ck_assert(i == n - 1 || (chunks[i].n < CHUNK_ITEMS && chunk_is_full(&chunks[i])));
		first += chunks[i].n;
		chunk_done(&chunks[i]);
	}
	free(chunks);
	ck_assert_uint_eq(first, 200);
	end(&b);
}

static const struct {
	const char *name;
	enum job_kind kind;
	const char *pointer;
} kinds[] = {{"downloads", KIND_DOWNLOADS, "/urls"}, {"flags", KIND_FLAGS, "/codes"}};

TEST(nothing_is_a_fault)
{
	struct bench b;

	begin(&b, kinds[_i].kind);
	open_intake(&b, true, BASE, 10);
	ck_assert(read_text(&b, "# none\n\n", 100));
	ck_assert(!finish(&b, 10));
	ck_assert_int_eq(b.problem.status, 422);
	ck_row_str(kinds[_i].name, b.problem.errors[0].pointer, kinds[_i].pointer);
	end(&b);
}

TEST(too_many_are_a_fault)
{
	struct bench b;

	begin(&b, kinds[_i].kind);
	open_intake(&b, true, BASE, 25);
	bool is_good = kinds[_i].kind == KIND_FLAGS ? read_text(&b, "B\n", 2) : true; /* 26 */
	for (int i = 0; i < 26 && kinds[_i].kind == KIND_DOWNLOADS && is_good; i++)
		is_good = read_text(&b, A "x\n", 100);
	is_good = is_good && finish(&b, 10);
	ck_assert_msg(!is_good, "%s", kinds[_i].name);
	ck_assert_int_eq(b.problem.status, 422);
	ck_row_str(kinds[_i].name, b.problem.errors[0].pointer, kinds[_i].pointer);
	ck_assert_uint_eq(intake_total(b.intake), 25);
	end(&b);
}

#define FLAG(cc, CC) BASE "/" cc "/" cc ".gif " CC ".gif " CC "\n"

static const struct {
	const char *name, *codes, *lines; /* codes: separated by blanks; NULL: none */
	uint32_t limit;
	const char *want;
} flags[] = {
    {"sorted, once each", "us BR us cn", NULL, 0,
	FLAG("br", "BR") FLAG("cn", "CN") FLAG("us", "US")},
    {"the first of the sorted", "us br cn", NULL, 2, FLAG("br", "BR") FLAG("cn", "CN")},
    {"a limit above", "br", NULL, 5, FLAG("br", "BR")},
    {"lines", NULL, "us\r\n# none\n\n BR \nUS\n", 0, FLAG("br", "BR") FLAG("us", "US")},
    {"lines, the last without its end", NULL, "us\nbr", 0, FLAG("br", "BR") FLAG("us", "US")},
    {"one line without its end", NULL, "us", 0, FLAG("us", "US")},
    {"lines and a limit", NULL, "us\nbr\naa\n", 2, FLAG("aa", "AA") FLAG("br", "BR")},
    {"codes and lines", "cn", "br\n", 0, FLAG("br", "BR") FLAG("cn", "CN")},
};

TEST(codes)
{
	char copy[100], *rest = copy;

	for (size_t step = 1; step < 10; step += 4) {
		struct bench b;
		begin(&b, KIND_FLAGS);
		snprintf(copy, sizeof(copy), "%s", flags[_i].codes != NULL ? flags[_i].codes : "");
		rest = flags[_i].codes != NULL ? copy : NULL;
		for (char *s; (s = strsep(&rest, " ")) != NULL;)
			ck_assert(codes_add(&b.spec.codes, s, strlen(s)));
		b.spec.limit = flags[_i].limit;
		open_intake(&b, flags[_i].lines != NULL, BASE, 1000);
		if (flags[_i].lines != NULL)
			ck_assert(read_text(&b, flags[_i].lines, step));
		ck_assert_msg(finish(&b, step), "%s", flags[_i].name);
		char *got = take_text(&b);
		ck_row_str(flags[_i].name, got, flags[_i].want);
		free(got);
		end(&b);
	}
}

static const char *const no_codes[] = {"USA", "1", "u1", "\xc3\xa9", "us br", "\"us\"", "-"};

TEST(lines_that_are_no_codes)
{
	char line[32];
	struct bench b;

	begin(&b, KIND_FLAGS);
	open_intake(&b, true, BASE, 1000);
	snprintf(line, sizeof(line), "br\n%s\n", no_codes[_i]);
	ck_assert_msg(!read_text(&b, line, 100), "%s", no_codes[_i]);
	ck_assert_int_eq(b.problem.status, 422);
	ck_assert_str_eq(b.problem.errors[0].pointer, "/codes");
	ck_assert_msg(
	    strstr(b.problem.errors[0].detail, "line 2") != NULL, "%s", b.problem.errors[0].detail);
	end(&b);
}

static const struct {
	const char *name, *base, *want;
} bases[] = {
    {"a slash behind", "http://a.test/", "http://a.test/br/br.gif BR.gif BR*\n"},
    {"many slashes behind", "http://a.test/f///", "http://a.test/f/br/br.gif BR.gif BR*\n"},
    {"no path", "http://a.test:8000", "http://a.test:8000/br/br.gif BR.gif BR*\n"},
    {"upper case", "HTTP://A.Test/Data", "http://a.test/data/br/br.gif BR.gif BR*\n"},
};

TEST(bases_of_urls)
{
	struct bench b;

	begin(&b, KIND_FLAGS);
	ck_assert(codes_add(&b.spec.codes, "br", 2));
	b.spec.files.by_country = true;
	open_intake(&b, false, bases[_i].base, 1000);
	ck_assert(finish(&b, 10));
	char *got = take_text(&b);
	ck_row_str(bases[_i].name, got, bases[_i].want);
	free(got);
	end(&b);
}

/* A base that leaves no room for the rest gives no URL that is shorter. */
TEST(a_base_that_is_too_long)
{
	static char base[FILE_MAX_URL + 1];

	for (size_t len = FILE_MAX_URL - 14; len <= FILE_MAX_URL; len++) {
		struct bench b;
		begin(&b, KIND_FLAGS);
		ck_assert(codes_add(&b.spec.codes, "br", 2));
		memset(base, 'a', len);
		memcpy(base, A, strlen(A));
		base[len] = '\0';
		open_intake(&b, false, base, 10);
		ck_assert(finish(&b, 10));
		char *got = take_text(&b);
		ck_assert_msg(
		    intake_invalid(b.intake) == 1 || strstr(got, "/br/br.gif BR.gif") != NULL,
		    "%zu: %s", len, got + 8000);
		free(got);
		end(&b);
	}
}

TEST(all_flags_there_can_be)
{
	struct bench b;

	begin(&b, KIND_FLAGS);
	ck_assert(codes_add_preset(&b.spec.codes, "every"));
	open_intake(&b, false, BASE, 1000);
	ck_assert(finish(&b, 7));
	ck_assert_uint_eq(intake_total(b.intake), CODES_ALL);
	ck_assert_uint_eq(intake_first(b.intake)->n, INTAKE_FIRST);
	end(&b);
}

SUITE(intake_files)
{
	ADD_ROWS(nothing_is_a_fault, kinds);
	ADD_ROWS(too_many_are_a_fault, kinds);
	ADD_ROWS(lines_of_urls, urls);
	ADD(listed_urls_keep_what_they_ask_for);
	ADD_ROWS(files_have_places, placed);
	ADD(headers_of_the_job);
	ADD(files_are_no_duplicates);
	ADD(long_urls);
	ADD(chunks_of_long_urls);
	ADD_ROWS(lines_that_are_no_codes, no_codes);
	ADD_ROWS(codes, flags);
	ADD_ROWS(bases_of_urls, bases);
	ADD(a_base_that_is_too_long);
	ADD(all_flags_there_can_be);
}
