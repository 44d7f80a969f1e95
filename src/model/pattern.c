#include "model/pattern.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"

static const char letters[] = "abcdefghijklmnopqrstuvwxyz", digits[] = "0123456789";

/* A character or a word; it lies in the pattern's text or in one of the above. */
struct choice {
	const char *at;
	size_t len;
};

/* Text that stands for itself, and then what varies; the last part may only have the text. */
struct part {
	struct choice before;
	size_t first, n; /* of choices; n is 0 for the last */
};

struct pattern {
	char *text;             /* owned */
	struct choice *choices; /* owned */
	size_t n_choices;
	struct part parts[PATTERN_MAX_PARTS + 1];
	size_t n_parts;
};

void pattern_free(struct pattern *pattern)
{
	if (pattern == NULL)
		return;
	FREE_ALL(pattern->text, pattern->choices, pattern);
}

static void add(struct pattern *p, const char *at, size_t len)
{
	p->choices[p->n_choices++] = (struct choice){at, len};
}

static void add_each(struct pattern *p, const char *characters)
{
	for (; *characters != '\0'; characters++)
		add(p, characters, 1);
}

/* Inside brackets: characters, and ranges of ASCII letters or digits. Returns the place behind it;
 * NULL: a fault. */
static const char *read_class(struct pattern *p, const char *at, const char **ret_fault)
{
	const char *end = strchr(at, ']');

	*ret_fault =
	    end == NULL ? "A bracket is not closed." : "A pair of brackets has no character.";
	if (end == NULL || end == at)
		return NULL;
	while (at < end) {
		size_t n = utf8_length(at, (size_t)(end - at));
		const char *set = strchr(letters, *at) != NULL ? letters : digits;
		const char *from = strchr(set, *at);
		if (end - at >= 3 && at[1] == '-') {
			const char *to = strchr(set, at[2]);
			*ret_fault = "A range goes from a letter or digit to a later one.";
			if (from == NULL || to == NULL || to < from)
				return NULL;
			for (; from <= to; from++)
				add(p, from, 1);
			at += 3;
			continue;
		}
		n = n > 0 ? n : 1; /* what is no UTF-8 makes no valid name */
		add(p, at, n);
		at += n;
	}
	return end + 1;
}

static const char *read_words(struct pattern *p, const char *at, const char **ret_fault)
{
	const char *end = at + strcspn(at, "?#[]{}");

	*ret_fault =
	    *end == '\0' ? "A brace is not closed." : "There are only words between braces.";
	if (*end != '}')
		return NULL;
	for (;;) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		const char *stop = comma != NULL ? comma : end;
		add(p, at, (size_t)(stop - at));
		if (comma == NULL)
			return end + 1;
		at = comma + 1;
	}
}

static const char *read_part(struct pattern *p, const char *at, const char **ret_fault)
{
	switch (*at) {
	case '?':
		add_each(p, letters);
		return at + 1;
	case '#':
		add_each(p, digits);
		return at + 1;
	case '[':
		return read_class(p, at + 1, ret_fault);
	case '{':
		return read_words(p, at + 1, ret_fault);
	default:
		*ret_fault = "A bracket or brace is closed that was not opened.";
		return NULL;
	}
}

struct pattern *pattern_new(const char *text, const char **ret_fault)
{
	size_t len = strlen(text);

	*ret_fault = "It is longer than 1000 bytes.";
	if (len > PATTERN_MAX)
		return NULL;
	struct pattern *p = xcalloc(1, sizeof(*p));
	p->text = xstrdup(text);
	p->choices = xcalloc(len * (sizeof(letters) - 1) + 1, sizeof(*p->choices));
	const char *at = p->text;
	for (;;) {
		struct part *part = &p->parts[p->n_parts++];
		size_t n = strcspn(at, "?#[]{}");
		part->before = (struct choice){at, n};
		part->first = p->n_choices;
		at += n;
		if (*at == '\0')
			return p;
		*ret_fault = "It has more than 64 parts that vary.";
		at = p->n_parts <= PATTERN_MAX_PARTS ? read_part(p, at, ret_fault) : NULL;
		if (at == NULL) {
			pattern_free(p);
			return NULL;
		}
		part->n = p->n_choices - part->first;
	}
}

uint64_t pattern_count(const struct pattern *pattern)
{
	uint64_t count = 1;

	for (size_t i = 0; i + 1 < pattern->n_parts; i++) {
		if (__builtin_mul_overflow(count, (uint64_t)pattern->parts[i].n, &count))
			return UINT64_MAX;
	}
	return count;
}

static size_t put(char *to, struct choice choice)
{
	memcpy(to, choice.at, choice.len);
	return choice.len;
}

size_t pattern_word(const struct pattern *pattern, uint64_t i, char *to)
{
	size_t chosen[PATTERN_MAX_PARTS + 1], len = 0;

	for (size_t k = pattern->n_parts - 1; k-- > 0;) {
		chosen[k] = (size_t)(i % pattern->parts[k].n);
		i /= pattern->parts[k].n;
	}
	for (size_t k = 0; k < pattern->n_parts; k++) {
		const struct part *part = &pattern->parts[k];
		len += put(to + len, part->before);
		if (k + 1 < pattern->n_parts)
			len += put(to + len, pattern->choices[part->first + chosen[k]]);
	}
	to[len] = '\0';
	return len;
}

bool pattern_is_needed(const char *text)
{
	return strpbrk(text, "?#[]{}") != NULL;
}
