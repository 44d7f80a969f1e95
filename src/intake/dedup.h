/* Which items of a list have the same name as an earlier one, in constant memory: names are hashed
 * to 128 bits, hashes are sorted in segments that go to an unnamed file when there are many, and
 * merged at the end (external merge sort). The hash is keyed by a random number, so two names that
 * collide can't be made on purpose, and by chance they don't. Thread: any (one at a time). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct dedup;

struct duplicate {
	uint32_t index,
	    first; /* item `index` has the name of item `first` < `index`, the earliest with it */
};

/* `folder` is where the unnamed file goes; borrowed for the life of the object. */
struct dedup *dedup_new(const char *folder);
void dedup_free(struct dedup *d);

/* Add the name of item `index`; indexes ascend. ERR_FULL, ERR_IO: the file can't be written. */
enum err dedup_add(struct dedup *d, const char *name, size_t len, uint32_t index) MUST_CHECK;

/* Begin to read; no more is added. */
enum err dedup_finish(struct dedup *d) MUST_CHECK;

/* Yield the next duplicate, in no particular order. False at the end, or when the file can't be
 * read: see dedup_error. */
bool dedup_next(struct dedup *d, struct duplicate *ret_duplicate);
enum err dedup_error(const struct dedup *d);
