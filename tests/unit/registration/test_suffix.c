/* Public suffixes, of the system's list. */
#include "../unit.h"

#include "registration/suffix.h"

static const struct {
	const char *name, *suffix; /* NULL: none */
} rows[] = {
    {"example.com", "com"},
    {"a.b.example.co.uk", "co.uk"},
    {"com", "com"},
    {"co.uk", "co.uk"},
    {"foo.github.io", "io"},
    {"github.io", "io"},
    {"foo.nosuchtld", NULL},
    {"nosuchtld", NULL},
    {"foo.uk.com", "com"},
    {"foo.ck", "foo.ck"}, /* *.ck */
    {"foo.bar.ck", "bar.ck"},
    {"www.ck", "ck"}, /* an exception */
    {"example.xn--p1ai", "xn--p1ai"},
};

TEST(suffix)
{
	struct suffixes *s = suffixes_new(NULL);

	ck_assert_ptr_nonnull(s);
	const char *got = suffixes_find(s, rows[_i].name);
	ck_row_str(rows[_i].name, got != NULL ? got : "none",
	    rows[_i].suffix != NULL ? rows[_i].suffix : "none");
	suffixes_free(s);
}

TEST(no_list)
{
	ck_assert_ptr_null(suffixes_new("/nonexistent/list"));
}

SUITE(suffix)
{
	ADD_ROWS(suffix, rows);
	ADD(no_list);
}
