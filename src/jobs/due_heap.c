/* A binary heap. */
#include "jobs/due_heap.h"

#include <stdlib.h>

#include "base/alloc.h"

static void set_at(struct due_heap *heap, size_t place, struct due_entry *entry)
{
	heap->entries[place] = entry;
	entry->place = place;
}

/* Move an entry towards the top, as far as it is less than those above. */
static void rise(struct due_heap *heap, struct due_entry *entry)
{
	size_t place = entry->place;

	while (place > 0 && heap->entries[(place - 1) / 2]->key > entry->key) {
		set_at(heap, place, heap->entries[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	set_at(heap, place, entry);
}

static void sink(struct due_heap *heap, struct due_entry *entry)
{
	size_t place = entry->place;

	for (size_t child; (child = 2 * place + 1) < heap->n; place = child) {
		if (child + 1 < heap->n &&
		    heap->entries[child + 1]->key < heap->entries[child]->key)
			child++;
		if (heap->entries[child]->key >= entry->key)
			break;
		set_at(heap, place, heap->entries[child]);
	}
	set_at(heap, place, entry);
}

void due_heap_done(struct due_heap *heap)
{
	for (size_t i = 0; i < heap->n; i++)
		heap->entries[i]->heap = NULL;
	free(heap->entries);
	*heap = (struct due_heap){0};
}

void due_heap_put(struct due_heap *heap, struct due_entry *entry, usec_t key)
{
	due_heap_remove(entry);
	if (heap->n == heap->room) {
		heap->room = heap->room > 0 ? heap->room * 2 : 64;
		heap->entries = xrealloc(heap->entries, heap->room * sizeof(*heap->entries));
	}
	entry->key = key;
	entry->heap = heap;
	set_at(heap, heap->n++, entry);
	rise(heap, entry);
}

void due_heap_remove(struct due_entry *entry)
{
	struct due_heap *heap = entry->heap;

	if (heap == NULL)
		return;
	struct due_entry *last = heap->entries[--heap->n];
	entry->heap = NULL;
	if (last == entry)
		return;
	set_at(heap, entry->place, last);
	rise(heap, last);
	sink(heap, last);
}

struct due_entry *due_heap_first(const struct due_heap *heap)
{
	return heap->n > 0 ? heap->entries[0] : NULL;
}
