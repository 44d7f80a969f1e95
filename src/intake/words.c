#include "intake/words.h"

#include <string.h>

#include "base/alloc.h"

void words_init(struct words *words, const struct spec *spec)
{
	*words = (struct words){.spec = spec};
}

void words_done(struct words *words)
{
	pattern_free(TAKE(words->pattern));
}

const char *words_next(struct words *words)
{
	const char *fault;

	while (words->pattern == NULL || words->at == pattern_count(words->pattern)) {
		pattern_free(TAKE(words->pattern));
		words->name = text_list_next(&words->spec->names, words->name);
		if (words->name == NULL || !pattern_is_needed(words->name))
			return words->name;
		words->pattern = pattern_new(words->name, &fault);
		words->at = 0;
		if (words->pattern == NULL)
			return words->name; /* no valid name either */
	}
	pattern_word(words->pattern, words->at++, words->word);
	return words->word;
}

static uint64_t count_words(const char *name)
{
	const char *fault;
	struct pattern *pattern = pattern_is_needed(name) ? pattern_new(name, &fault) : NULL;
	uint64_t n = pattern != NULL ? pattern_count(pattern) : 1;

	pattern_free(pattern);
	return n;
}

uint64_t words_n_forms(const struct spec *spec)
{
	return (uint64_t)(1 + spec->prefixes.n + spec->suffixes.n) * spec->tlds.n;
}

bool words_fit(const struct spec *spec, uint64_t most)
{
	uint64_t n_forms = words_n_forms(spec), total = 0, n;

	for (const char *name = NULL; (name = text_list_next(&spec->names, name)) != NULL;) {
		bool is_once = spec->max_length > 0 || *name == '\0' || strchr(name, '.') != NULL;
		if (__builtin_mul_overflow(count_words(name), is_once ? 1 : n_forms, &n) ||
		    __builtin_add_overflow(total, n, &total) || total > most)
			return false;
	}
	return true;
}

void forms_begin(struct forms *forms, const struct spec *spec, const char *word, size_t len)
{
	forms->spec = spec;
	forms->word = forms->text = word;
	forms->word_len = forms->len = len;
	forms->is_alone = len == 0 || len > TARGET_INPUT_MAX || memchr(word, '.', len) != NULL;
	forms->list = NULL;
	forms->affix = NULL;
}

static size_t put(struct forms *forms, size_t at, const char *text, size_t len)
{
	memcpy(forms->joined + at, text, len);
	return at + len;
}

bool forms_next(struct forms *forms)
{
	const struct spec *spec = forms->spec;
	size_t at = 0;

	if (forms->is_alone)
		return false;
	if (forms->list == NULL)
		forms->list = &spec->prefixes;
	forms->affix = text_list_next(forms->list, forms->affix);
	if (forms->affix == NULL && forms->list == &spec->prefixes) {
		forms->list = &spec->suffixes;
		forms->affix = text_list_next(forms->list, NULL);
	}
	if (forms->affix == NULL)
		return false;
	if (forms->list == &spec->prefixes)
		at = put(forms, at, forms->affix, strlen(forms->affix));
	at = put(forms, at, forms->word, forms->word_len);
	if (forms->list == &spec->suffixes)
		at = put(forms, at, forms->affix, strlen(forms->affix));
	forms->text = forms->joined;
	forms->len = at;
	return true;
}
