/* The heap of due times. */
#include "../unit.h"

#include "jobs/due_heap.h"

TEST(the_heap_is_in_order)
{
	enum { N = 500 };
	struct due_heap heap = {.n = 0};
	struct due_entry entries[N] = {{.key = 0}};
	unsigned chance = 1;

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < N; i++) {
			chance = chance * 1103515245 + 12345;
			due_heap_put(&heap, &entries[i], chance >> 16 & 1023);
		}
		for (int i = 0; i < N; i += 3)
			due_heap_remove(&entries[i]);
		due_heap_remove(&entries[0]); /* again */
		usec_t last = 0;
		for (struct due_entry *e; round < 2 && (e = due_heap_first(&heap)) != NULL;) {
			ck_assert_int_ge(e->key, last);
			last = e->key;
			due_heap_remove(e);
		}
	}
	ck_assert_uint_gt(heap.n, 0);
	due_heap_done(&heap);
	ck_assert_ptr_null(entries[1].heap);
}

SUITE(due_heap)
{
	ADD(the_heap_is_in_order);
}
