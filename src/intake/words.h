/* Words that go under TLDs: the names of a spec, which may be patterns, and the forms of a word.
 * Neither takes memory for each word. Thread: any (one at a time). */
#pragma once

#include "model/pattern.h"
#include "model/spec.h"
#include "model/target.h"

/* The names one after the other, each pattern as the words that it stands for. */
struct words {
	const struct spec *spec; /* borrowed */
	const char *name;        /* the present one; NULL: none yet */
	struct pattern *pattern; /* owned; of `name`; NULL: it is none */
	uint64_t at;             /* word of the pattern */
	char word[PATTERN_MAX + 1];
};

void words_init(struct words *words, const struct spec *spec);
void words_done(struct words *words);

/* Return the next word, borrowed until the next call; NULL at the end. */
const char *words_next(struct words *words);

/* Say whether the names, in all their forms and under each TLD, are at most `most` items. Nothing
 * is expanded for that. With max_length, which leaves out some of them, the words alone are
 * counted. */
bool words_fit(const struct spec *spec, uint64_t most);

/* How many items a word without a dot becomes. */
uint64_t words_n_forms(const struct spec *spec);

/* The forms of a word: itself, then with each prefix, then with each suffix, never with both. A
 * word with a dot, or that is too long to be part of a name, has no other form. */
struct forms {
	const struct spec *spec; /* borrowed, as `word` */
	const char *word, *affix;
	size_t word_len;
	bool is_alone;                /* it has no other form */
	const struct text_list *list; /* of the affix; NULL: the word itself */
	/* The present form. */
	const char *text;
	size_t len;
	char joined[TARGET_INPUT_MAX + SPEC_MAX_AFFIX];
};

/* Begin with the word itself. */
void forms_begin(struct forms *forms, const struct spec *spec, const char *word, size_t len);
/* Move to the next form; false behind the last. */
bool forms_next(struct forms *forms);
