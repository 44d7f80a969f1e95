/* What is due when: a binary heap, least key first. Members are embedded in their owners. Thread:
 * any (one at a time). */
#pragma once

#include <stddef.h>

#include "base/clock.h"

struct due_entry {
	usec_t key;
	struct due_heap *heap; /* NULL: in none */
	size_t place;          /* in it */
};

struct due_heap {
	struct due_entry **entries; /* owned; the array alone */
	size_t n, room;
};

void due_heap_done(struct due_heap *heap); /* a zeroed one is fine; members are in none then */

/* Put an entry, in whatever heap it may be, into `heap` under `key`. */
void due_heap_put(struct due_heap *heap, struct due_entry *entry, usec_t key);
void due_heap_remove(struct due_entry *entry); /* of its heap, if it is in one */

/* The entry with the least key; NULL: there is none. */
struct due_entry *due_heap_first(const struct due_heap *heap);
