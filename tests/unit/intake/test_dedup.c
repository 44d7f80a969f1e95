/* Which items have the same name: exactly, in memory and by way of a file. */
#include "../unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "intake/dedup.h"

static void add_number(struct dedup *d, uint32_t number, uint32_t index)
{
	char name[32];
	int len = snprintf(name, sizeof(name), "n%u.test", number);

	/* an assertion costs a system call */
	if (dedup_add(d, name, (size_t)len, index) != OK)
		ck_abort_msg("item %u", index);
}

TEST(a_folder_that_is_not_there_is_an_error)
{
	struct dedup *d = dedup_new("/nonexistent");
	enum err e = OK;

	for (uint32_t i = 0; i < 200000 && e == OK; i++)
		e = dedup_add(d, (char *)&i, sizeof(i), i);
	ck_assert_int_eq(e, ERR_IO);
	dedup_free(d);
	dedup_free(NULL);
}

static const struct {
	const char *name;
	uint32_t n, modulus; /* item i has the name of number i % modulus */
} rows[] = {
    {"nothing", 0, 1},
    {"one", 1, 1},
    {"no duplicate", 1000, 1000},
    {"all the same", 1000, 1},
    {"a few", 1000, 990},
    {"a run exactly", 131072, 131000},
    {"more than a run", 131073, 131072},
    {"runs and a file", 400000, 300001},
    {"the same in all runs", 300000, 7},
};

TEST(finds_exactly)
{
	uint32_t n = rows[_i].n, modulus = rows[_i].modulus, n_found = 0;
	struct dedup *d = dedup_new("/tmp");
	AUTO_FREE bool *seen = xcalloc(n + 1, sizeof(*seen));
	struct duplicate x;

	for (uint32_t i = 0; i < n; i++)
		add_number(d, i % modulus, i);
	ck_assert_int_eq(dedup_finish(d), OK);
	while (dedup_next(d, &x)) {
		if (x.index >= n || x.first >= modulus || x.index % modulus != x.first ||
		    x.index == x.first || seen[x.index])
			ck_abort_msg("%s: %u is not %u", rows[_i].name, x.index, x.first);
		seen[x.index] = true;
		n_found++;
	}
	ck_assert_int_eq(dedup_error(d), OK);
	ck_assert_msg(n_found == (n > modulus ? n - modulus : 0), "%s: %u", rows[_i].name, n_found);
	dedup_free(d);
}

TEST(may_be_given_up_between)
{
	struct dedup *d = dedup_new("/tmp");
	struct duplicate x;

	for (uint32_t i = 0; i < 300000; i++)
		add_number(d, i / 2, i);
	ck_assert_int_eq(dedup_finish(d), OK);
	for (int i = 0; i < 1000; i++)
		ck_assert(dedup_next(d, &x));
	dedup_free(d);
}

SUITE(dedup)
{
	ADD(a_folder_that_is_not_there_is_an_error);
	ADD_ROWS(finds_exactly, rows);
	ADD(may_be_given_up_between);
}
