/* Allocation. */
#include "../unit.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/alloc.h"

TEST(ends_the_process_without_memory)
{
	free(xcalloc(SIZE_MAX, SIZE_MAX));
}

TEST(nothing_is_still_memory)
{
	AUTO_FREE char *a = xmalloc(0), *b = xcalloc(0, 8), *c = xrealloc(NULL, 0);

	ck_assert(a != NULL && b != NULL && c != NULL);
	a = xrealloc(a, 0);
	ck_assert_ptr_nonnull(a);
}

TEST(copies_end_where_told)
{
	AUTO_FREE char *whole = xstrdup("example"), *part = xstrndup("example", 4),
		       *all = xstrndup("ex", 4);

	ck_assert_str_eq(whole, "example");
	ck_assert_str_eq(part, "exam");
	ck_assert_str_eq(all, "ex");
}

TEST(zeroes)
{
	AUTO_FREE char *p = xcalloc(4, 4);

	for (int i = 0; i < 16; i++)
		ck_assert_int_eq(p[i], 0);
}

TEST(take_leaves_null_behind)
{
	AUTO_FREE char *p = xstrdup("x");
	char *before = p;
	AUTO_FREE char *q = TAKE(p);

	ck_assert_ptr_null(p);
	ck_assert_ptr_eq(q, before);
}

SUITE(alloc)
{
#ifndef UNIT_HAS_SANITIZER
	ADD_ABORTING(ends_the_process_without_memory);
#else
	(void)ends_the_process_without_memory;
#endif
	ADD(nothing_is_still_memory);
	ADD(copies_end_where_told);
	ADD(zeroes);
	ADD(take_leaves_null_behind);
}
