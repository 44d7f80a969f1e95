/* Items out of lines and lists. */
#include "intake/intake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "intake/files.h"
#include "intake/presets.h"
#include "intake/words.h"
#include "model/result.h"
#include "model/reverse.h"
#include "model/target.h"

enum { MAX_RAW = 1024 }; /* bytes kept of input that is no name */

enum source {
	FROM_DOMAINS,
	FROM_BLOCKS,
	FROM_NAMES,
	FROM_PRESET,
	FROM_URLS,
	FROM_CODES,
	FROM_NOTHING
};

struct intake {
	struct intake_opts opts;
	struct lines lines;
	struct dedup *dedup;           /* owned; NULL where items are files */
	struct file_names *file_names; /* owned; NULL where they are not */
	struct codes codes;            /* of flags, those of lines too */
	uint64_t total, invalid;
	size_t n_chunks;
	struct chunk *chunks; /* owned; all but the last are full */
	size_t n_bytes;       /* in them */
	struct chunk first;
	struct problem *problem; /* borrowed while a call runs */
	/* where the lists of the spec are */
	enum source source;
	const char *word, *tld;
	struct words words;
	struct forms forms; /* of `word`, where it goes under TLDs */
	struct grid_place grid;
	bool has_no_grid;
	size_t preset_at;
	const struct preset *preset;
	const char *block_text; /* of `block`, in the spec; NULL: none yet */
	struct reverse_block block;
	char reverse_name[TARGET_MAX + 1];
	unsigned code_at; /* place of the next code */
	char code[CODE_SIZE];
	uint32_t n_codes; /* taken */
};

struct intake *intake_new(const struct intake_opts *opts)
{
	struct intake *in = xcalloc(1, sizeof(*in));

	in->opts = *opts;
	if (job_kind_is_files(opts->spec->kind))
		in->file_names = file_names_new(opts->spec->urls.n);
	else
		in->dedup = dedup_new(opts->folder);
	in->codes = opts->spec->codes;
	words_init(&in->words, opts->spec);
	lines_init(&in->lines, opts->format, opts->spec->kind == KIND_DOWNLOADS);
	chunk_init(&in->first, 0);
	if (opts->spec->preset != NULL)
		in->preset = preset_find(opts->spec->preset);
	return in;
}

void intake_free(struct intake *in)
{
	if (in == NULL)
		return;
	lines_done(&in->lines);
	dedup_free(in->dedup);
	file_names_free(in->file_names);
	words_done(&in->words);
	for (size_t i = 0; i < in->n_chunks; i++)
		chunk_done(&in->chunks[i]);
	free(in->chunks);
	chunk_done(&in->first);
	free(in);
}

static struct chunk *open_chunk(struct intake *in)
{
	if (in->n_chunks > 0 && !chunk_is_full(&in->chunks[in->n_chunks - 1]))
		return &in->chunks[in->n_chunks - 1];
	in->chunks = xrealloc(in->chunks, (in->n_chunks + 1) * sizeof(*in->chunks));
	struct chunk *c = &in->chunks[in->n_chunks++];
	chunk_init(c, (uint32_t)in->total);
	return c;
}

static void set_disk_problem(struct intake *in, enum err e)
{
	if (e == ERR_FULL)
		problem_set(in->problem, 507, "Not enough disk space to sort the list.");
	else if (e != OK)
		problem_set(in->problem, 500, "The list could not be sorted.");
}

/* The field that a fault of the list as a whole is told of. */
static const char *list_pointer(const struct intake *in)
{
	static const char *const pointers[N_KINDS] = {
	    [KIND_DOMAINS] = "/domains", [KIND_DOWNLOADS] = "/urls", [KIND_FLAGS] = "/codes"};

	return pointers[in->opts.spec->kind];
}

/* Add an item as it will be asked, or as it was given when it is no name or URL. */
static void add_item(struct intake *in, const char *text, size_t len, bool is_valid)
{
	if (in->problem->status != 0)
		return;
	if (in->total == in->opts.max_items) {
		problem_add(in->problem, list_pointer(in), "A job must have at most %llu items.",
		    (unsigned long long)in->opts.max_items);
		return;
	}
	if (!is_valid && len > MAX_RAW)
		len = MAX_RAW;
	struct chunk *c = open_chunk(in);
	chunk_add(c, text, len, is_valid);
	in->n_bytes += len;
	if (in->total < INTAKE_FIRST && !chunk_is_full(&in->first))
		chunk_add(&in->first, text, len, is_valid);
	if (is_valid && in->dedup != NULL)
		set_disk_problem(in, dedup_add(in->dedup, text, len, (uint32_t)in->total));
	if (!is_valid)
		in->invalid++;
	in->total++;
}

void intake_add(struct intake *in, const char *text, size_t len, bool is_valid, struct problem *p)
{
	in->problem = p;
	add_item(in, text, len, is_valid);
}

/* A file, packed; it gets what the job says of all files. */
static void add_file(struct intake *in, const char *text, size_t len)
{
	struct buf packed;

	buf_init(&packed, FILE_ITEM_MAX);
	struct span raw = files_prepare(
	    in->opts.spec, in->file_names, (uint32_t)in->total, (struct span){text, len}, &packed);
	if (raw.bytes != NULL)
		add_item(in, raw.bytes, raw.len, false);
	else
		add_item(in, packed.data, packed.len, true);
	buf_done(&packed);
}

static void add_domain(struct intake *in, const char *text, size_t len)
{
	char name[TARGET_MAX + 1];
	size_t n = target_normalise(text, len, name);

	if (n > 0)
		add_item(in, name, n, true);
	else
		add_item(in, text, len, false);
}

/* Note that the next item is a word under a TLD: these make a grid as long as they follow on each
 * other. */
static void note_grid(struct intake *in)
{
	if (in->grid.n == 0)
		in->grid.first = (uint32_t)in->total;
	else if (in->grid.first + in->grid.n != in->total)
		in->has_no_grid = true;
	in->grid.n++;
}

/* A word under a TLD, when the word is not too long. One with a dot inside is a domain already: it
 * is asked as it stands, once. */
static void add_word(struct intake *in, const char *word, size_t len, const char *tld)
{
	char text[TARGET_INPUT_MAX + TARGET_MAX + 2], name[TARGET_MAX + 1];
	size_t tld_len = strlen(tld);

	if (in->opts.spec->max_length > 0 && len > in->opts.spec->max_length)
		return;
	while (len > 0 && word[len - 1] == '.')
		len--;
	in->has_no_grid = in->has_no_grid || memchr(word, '.', len) != NULL;
	if (memchr(word, '.', len) != NULL) {
		if (tld == text_list_next(&in->opts.spec->tlds, NULL))
			add_domain(in, word, len);
		return;
	}
	note_grid(in);
	if (len == 0 || len > TARGET_INPUT_MAX) {
		add_item(in, word, len, false);
		return;
	}
	memcpy(text, word, len);
	text[len] = '.';
	memcpy(text + len + 1, tld, tld_len);
	size_t all = len + 1 + tld_len, n = target_normalise(text, all, name);
	/* a sign of the word may stand for a dot */
	if (n > tld_len && memchr(name, '.', n - tld_len - 1) != NULL)
		in->has_no_grid = true;
	add_item(in, n > 0 ? name : text, n > 0 ? n : all, n > 0);
}

static void add_forms(struct intake *in, const char *word, size_t len)
{
	const struct text_list *tlds = &in->opts.spec->tlds;
	bool is_more = true;

	for (forms_begin(&in->forms, in->opts.spec, word, len); is_more;
	     is_more = forms_next(&in->forms)) {
		for (const char *tld = NULL; (tld = text_list_next(tlds, tld)) != NULL;)
			add_word(in, in->forms.text, in->forms.len, tld);
	}
}

/* BASE_URL/cc/cc.gif, all of it in lower case, saved as CC.gif. */
static void add_flag(struct intake *in, const char *code)
{
	char url[FILE_MAX_URL], name[] = "??.gif";
	struct buf packed;
	size_t base_len = strlen(in->opts.base_url);

	while (base_len > 0 && in->opts.base_url[base_len - 1] == '/')
		base_len--;
	int len = snprintf(
	    url, sizeof(url), "%.*s/%s/%s.gif", (int)base_len, in->opts.base_url, code, code);
	if ((size_t)len >= sizeof(url)) { /* cut it might be another URL */
		add_item(in, url, sizeof(url) - 1, false);
		return;
	}
	for (int i = 0; i < len; i++)
		url[i] = (char)(url[i] >= 'A' && url[i] <= 'Z' ? url[i] | 0x20 : url[i]);
	memcpy(name, code, 2);
	struct file_item item = {.url = {url, (size_t)len},
	    .name = {name, sizeof(name) - 1},
	    .code = {code, 2},
	    .options = in->opts.spec->files};
	buf_init(&packed, FILE_ITEM_MAX);
	file_item_add(&packed, &item);
	add_item(in, packed.data, packed.len, true);
	buf_done(&packed);
}

static void on_line(const char *item, size_t len, void *arg)
{
	struct intake *in = arg;
	switch (in->opts.spec->kind) {
	case KIND_DOWNLOADS:
		add_file(in, item, len);
		break;
	case KIND_FLAGS:
		if (!codes_add(&in->codes, item, len) && in->problem->status == 0)
			problem_add(in->problem, "/codes",
			    "Each CC argument must be A to Z or AA to ZZ (line %llu).",
			    (unsigned long long)in->lines.n);
		break;
	case KIND_DOMAINS:
	case N_KINDS:
		if (in->opts.spec->tlds.n == 0)
			add_domain(in, item, len);
		else
			add_forms(in, item, len);
		break;
	}
}

static const char *next_code(struct intake *in)
{
	uint32_t limit = in->opts.spec->limit;

	if ((limit > 0 && in->n_codes == limit) || !codes_next(&in->codes, &in->code_at, in->code))
		return NULL;
	in->n_codes++;
	return in->code;
}

/* The reverse name of the next address. A block that has more of them than a job may have items is
 * refused before any is added. */
static const char *next_reverse_name(struct intake *in)
{
	while (reverse_next(&in->block, in->reverse_name) == 0) {
		in->block_text = text_list_next(&in->opts.spec->ptr, in->block_text);
		if (in->block_text == NULL || !reverse_parse(in->block_text, &in->block))
			return NULL;
		if (in->block.n_left > in->opts.max_items - in->total) {
			problem_add(in->problem, "/ptr", "A job may have at most %llu items.",
			    (unsigned long long)in->opts.max_items);
			return NULL;
		}
	}
	return in->reverse_name;
}

bool intake_read(
    struct intake *in, const char *bytes, size_t n_bytes, size_t *ret_n_read, struct problem *p)
{
	size_t n_read = 0;

	in->problem = p;
	while (n_read < n_bytes && p->status == 0 && !intake_is_full(in)) {
		const char *at = bytes + n_read, *end = NULL;
		if (in->opts.spec->tlds.n > 0) /* each line may become thousands of items */
			end = memchr(at, '\n', n_bytes - n_read);
		size_t n = end != NULL ? (size_t)(end - at) + 1 : n_bytes - n_read;
		(void)lines_feed(&in->lines, at, n, on_line, in, p);
		n_read += n;
	}
	*ret_n_read = n_read;
	return p->status == 0;
}

/* The next of the words. Names that make more items than a job may have are refused before any is
 * added. */
static const char *next_name(struct intake *in)
{
	if (in->words.name == NULL && !words_fit(in->opts.spec, in->opts.max_items - in->total)) {
		problem_add(in->problem, "/names", "A job must have at most %llu items.",
		    (unsigned long long)in->opts.max_items);
		return NULL;
	}
	return words_next(&in->words);
}

/* The word of the present source that stands behind in->word; NULL at its end. */
static const char *next_word(struct intake *in)
{
	switch (in->source) {
	case FROM_DOMAINS:
		return text_list_next(&in->opts.spec->domains, in->word);
	case FROM_BLOCKS:
		return next_reverse_name(in);
	case FROM_NAMES:
		return next_name(in);
	case FROM_PRESET:
		return in->preset != NULL && in->preset_at < in->preset->n
			   ? in->preset->words[in->preset_at++]
			   : NULL;
	case FROM_URLS:
		return text_list_next(&in->opts.spec->urls, in->word);
	case FROM_CODES:
		return next_code(in);
	case FROM_NOTHING:
		break;
	}
	return NULL;
}

/* Move to the next word, into the next source where one is at its end; false when all are through.
 */
static bool advance(struct intake *in)
{
	while (in->source != FROM_NOTHING) {
		in->word = next_word(in);
		if (in->word != NULL)
			return true;
		in->source++;
	}
	return false;
}

/* Whether the words of the present source go under each TLD. */
static bool has_tlds(const struct intake *in)
{
	return in->source == FROM_NAMES || in->source == FROM_PRESET;
}

static void add_listed(struct intake *in)
{
	size_t len = strlen(in->word);

	if (in->source == FROM_DOMAINS || in->source == FROM_BLOCKS)
		add_domain(in, in->word, len);
	else if (in->source == FROM_URLS)
		add_file(in, in->word, len);
	else if (in->source == FROM_CODES)
		add_flag(in, in->word);
	else if (in->tld != NULL)
		add_word(in, in->forms.text, in->forms.len, in->tld);
}

/* Move to the next TLD, form or word; false when all are through. */
static bool next_listed(struct intake *in)
{
	const struct text_list *tlds = &in->opts.spec->tlds;

	if (in->tld != NULL)
		in->tld = text_list_next(tlds, in->tld);
	if (in->tld != NULL)
		return true;
	if (!has_tlds(in) || !forms_next(&in->forms)) {
		if (!advance(in))
			return false;
		if (has_tlds(in))
			forms_begin(&in->forms, in->opts.spec, in->word, strlen(in->word));
	}
	in->tld = has_tlds(in) ? text_list_next(tlds, NULL) : NULL;
	return true;
}

bool intake_expand(struct intake *in, size_t max_items, bool *ret_is_more, struct problem *p)
{
	in->problem = p;
	*ret_is_more = true;
	/* the last line may lack its end; it stands before the lists all the same */
	if (!lines_finish(&in->lines, on_line, in, p) || p->status != 0)
		return false;
	while (max_items-- > 0 && p->status == 0 && !intake_is_full(in)) {
		*ret_is_more = next_listed(in);
		if (!*ret_is_more)
			break;
		add_listed(in);
	}
	return p->status == 0;
}

bool intake_finish(struct intake *in, struct problem *p)
{
	in->problem = p;
	if (in->total == 0) {
		problem_add(p, list_pointer(in), "The list is empty.");
		return false;
	}
	if (in->dedup != NULL)
		set_disk_problem(in, dedup_finish(in->dedup));
	return p->status == 0;
}

bool intake_is_full(const struct intake *in)
{
	return in->n_chunks > INTAKE_CHUNKS || in->n_bytes >= INTAKE_BYTES;
}

struct chunk *intake_take_chunks(struct intake *in, size_t *ret_n)
{
	*ret_n = in->n_chunks;
	in->n_chunks = in->n_bytes = 0;
	return TAKE(in->chunks);
}

bool intake_duplicates(struct intake *in, struct duplicate *ret_duplicates, size_t max,
    size_t *ret_n, struct problem *p)
{
	size_t n = 0;

	in->problem = p;
	*ret_n = 0;
	if (in->dedup == NULL)
		return true;
	while (n < max && dedup_next(in->dedup, &ret_duplicates[n]))
		n++;
	set_disk_problem(in, dedup_error(in->dedup));
	*ret_n = n;
	return p->status == 0;
}

size_t intake_n_names(const struct intake *in)
{
	return in->file_names != NULL ? file_names_count(in->file_names) : 0;
}

struct grid_place intake_grid(const struct intake *in)
{
	if (in->has_no_grid)
		return (struct grid_place){.n = 0};
	return (struct grid_place){
	    .first = in->grid.first, .n = in->grid.n, .width = (uint32_t)in->opts.spec->tlds.n};
}

uint64_t intake_total(const struct intake *in)
{
	return in->total;
}

uint64_t intake_invalid(const struct intake *in)
{
	return in->invalid;
}

const struct chunk *intake_first(const struct intake *in)
{
	return &in->first;
}
