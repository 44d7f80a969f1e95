/* Items out of lines and lists. */
#include "core/intake.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "core/presets.h"
#include "model/result.h"
#include "model/target.h"

enum source { FROM_DOMAINS, FROM_NAMES, FROM_PRESET, FROM_NOTHING };

struct intake {
	struct intake_opts opts;
	struct lines lines;
	struct dedup *dedup; /* owned */
	uint64_t total, invalid;
	size_t n_chunks;
	struct chunk *chunks; /* owned; all but the last are full */
	struct chunk first;
	struct problem *problem; /* borrowed while a call runs */
	/* where the lists of the spec are */
	enum source source;
	const char *word, *tld;
	size_t preset_at;
	const struct preset *preset;
};

struct intake *intake_new(const struct intake_opts *opts)
{
	struct intake *in = xcalloc(1, sizeof(*in));

	in->opts = *opts;
	in->dedup = dedup_new(opts->folder);
	lines_init(&in->lines, opts->format);
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
	for (size_t i = 0; i < in->n_chunks; i++)
		chunk_done(&in->chunks[i]);
	free(in->chunks);
	chunk_done(&in->first);
	free(in);
}

static struct chunk *open_chunk(struct intake *in)
{
	if (in->n_chunks > 0 && in->chunks[in->n_chunks - 1].n < CHUNK_ITEMS)
		return &in->chunks[in->n_chunks - 1];
	in->chunks = xrealloc(in->chunks, (in->n_chunks + 1) * sizeof(*in->chunks));
	struct chunk *c = &in->chunks[in->n_chunks++];
	chunk_init(c, (uint32_t)in->total);
	return c;
}

static void set_disk_problem(struct intake *in, enum err e)
{
	if (e == ERR_FULL)
		problem_set(in->problem, 507, "There is no room to sort the list.");
	else if (e != OK)
		problem_set(in->problem, 500, "The list could not be sorted.");
}

/* Add an item as it will be asked, or as it was given when it is no name. */
static void add_item(struct intake *in, const char *text, size_t len, bool is_valid)
{
	if (in->problem->status != 0)
		return;
	if (in->total == in->opts.max_items) {
		problem_add(in->problem, "/domains", "A job may have at most %llu items.",
		    (unsigned long long)in->opts.max_items);
		return;
	}
	if (len > RESULT_MAX_NAME)
		len = RESULT_MAX_NAME;
	struct chunk *c = open_chunk(in);
	chunk_add(c, text, len, is_valid);
	if (in->total < INTAKE_FIRST)
		chunk_add(&in->first, text, len, is_valid);
	if (is_valid)
		set_disk_problem(in, dedup_add(in->dedup, text, len, (uint32_t)in->total));
	else
		in->invalid++;
	in->total++;
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

/* A word under a TLD, when the word is not too long. */
static void add_word(struct intake *in, const char *word, size_t len, const char *tld)
{
	char text[TARGET_INPUT_MAX + TARGET_MAX + 2];
	size_t tld_len = strlen(tld);

	if (in->opts.spec->max_length > 0 && len > in->opts.spec->max_length)
		return;
	while (len > 0 && word[len - 1] == '.')
		len--;
	if (len == 0 || len > TARGET_INPUT_MAX) {
		add_item(in, word, len, false);
		return;
	}
	memcpy(text, word, len);
	text[len] = '.';
	memcpy(text + len + 1, tld, tld_len);
	add_domain(in, text, len + 1 + tld_len);
}

static void on_line(const char *name, size_t len, void *arg)
{
	struct intake *in = arg;
	const struct text_list *tlds = &in->opts.spec->tlds;

	if (tlds->n == 0)
		add_domain(in, name, len);
	for (const char *tld = NULL; (tld = text_list_next(tlds, tld)) != NULL;)
		add_word(in, name, len, tld);
}

bool intake_read(struct intake *in, const char *bytes, size_t n_bytes, struct problem *p)
{
	in->problem = p;
	return lines_feed(&in->lines, bytes, n_bytes, on_line, in, p) && p->status == 0;
}

/* The word of the present source that stands behind in->word; NULL at its end. */
static const char *next_word(struct intake *in)
{
	switch (in->source) {
	case FROM_DOMAINS:
		return text_list_next(&in->opts.spec->domains, in->word);
	case FROM_NAMES:
		return text_list_next(&in->opts.spec->names, in->word);
	case FROM_PRESET:
		return in->preset != NULL && in->preset_at < in->preset->n
			   ? in->preset->words[in->preset_at++]
			   : NULL;
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

bool intake_expand(struct intake *in, size_t max_items, bool *ret_is_more, struct problem *p)
{
	const struct text_list *tlds = &in->opts.spec->tlds;

	in->problem = p;
	*ret_is_more = true;
	while (max_items-- > 0 && p->status == 0) {
		if (in->source != FROM_DOMAINS && in->tld != NULL)
			in->tld = text_list_next(tlds, in->tld);
		if (in->tld == NULL) {
			if (!advance(in)) {
				*ret_is_more = false;
				break;
			}
			in->tld = in->source == FROM_DOMAINS ? NULL : text_list_next(tlds, NULL);
		}
		if (in->source == FROM_DOMAINS)
			add_domain(in, in->word, strlen(in->word));
		else if (in->tld != NULL)
			add_word(in, in->word, strlen(in->word), in->tld);
	}
	return p->status == 0;
}

bool intake_finish(struct intake *in, struct problem *p)
{
	in->problem = p;
	if (!lines_finish(&in->lines, on_line, in, p) || p->status != 0)
		return false;
	if (in->total == 0) {
		problem_add(p, "/domains", "There is nothing to check: the list is empty.");
		return false;
	}
	set_disk_problem(in, dedup_finish(in->dedup));
	return p->status == 0;
}

size_t intake_n_chunks(const struct intake *in)
{
	bool is_last_open = in->n_chunks > 0 && in->chunks[in->n_chunks - 1].n < CHUNK_ITEMS;

	return in->n_chunks - (is_last_open ? 1 : 0);
}

struct chunk *intake_take_chunks(struct intake *in, size_t *ret_n)
{
	*ret_n = in->n_chunks;
	in->n_chunks = 0;
	return TAKE(in->chunks);
}

bool intake_duplicates(struct intake *in, struct duplicate *ret_duplicates, size_t max,
    size_t *ret_n, struct problem *p)
{
	size_t n = 0;

	in->problem = p;
	while (n < max && dedup_next(in->dedup, &ret_duplicates[n]))
		n++;
	set_disk_problem(in, dedup_error(in->dedup));
	*ret_n = n;
	return p->status == 0;
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
