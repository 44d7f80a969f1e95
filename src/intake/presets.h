/* Named lists of words. Thread: any. */
#pragma once

#include <stddef.h>

struct preset {
	const char *name;
	size_t n;
	const char *const *words; /* lower-case, in the list's own order */
};

/* Return the preset, or NULL. */
const struct preset *preset_find(const char *name);

/* The i-th preset, NULL behind the last. */
const struct preset *preset_at(size_t i);
