/* Answers that no daemon sends, for all readers of answers. */
#pragma once

#include <stddef.h>

struct hostile {
	const char *name, *text;
	size_t len; /* 0: up to the NUL */
};

extern const struct hostile hostile_answers[];
extern const int n_hostile_answers;

/* Return a copy of exactly `len` bytes, without a NUL, so that a sanitizer sees a read past it. */
char *hostile_copy(const char *text, size_t len);

/* Make JSON of `depth` arrays in each other. */
char *hostile_nesting(size_t depth);
