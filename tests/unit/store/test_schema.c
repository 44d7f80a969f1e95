/* Files that are no database of ours, and the one that is made. */
#include "../unit.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "world.h"

static void check_refused(struct world *w, enum err want, const char *want_why)
{
	char *why = NULL;
	enum err e = world_try(w, &why);

	ck_assert_msg(e == want, "%s: %s", err_str(e), why);
	ck_assert_ptr_nonnull(why);
	ck_assert_msg(strstr(why, want_why) != NULL, "%s", why);
	ck_assert_ptr_null(w->store);
	free(why);
}

TEST(refuses_a_file_that_is_no_database)
{
	struct world w;

	world_init(&w);
	FILE *f = fopen(w.path, "we");
	ck_assert_ptr_nonnull(f);
	for (int i = 0; i < 1000; i++)
		fputs("and.dev\nor.dev\n", f);
	ck_assert_int_eq(fclose(f), 0);
	check_refused(&w, ERR_FATAL, "not a database");
	/* what was there is left alone */
	struct stat st;
	ck_assert_int_eq(stat(w.path, &st), 0);
	ck_assert_int_eq(st.st_size, 15000);
	world_done(&w);
}

TEST(refuses_a_newer_version)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t version = world_sql(&w, "PRAGMA user_version");
	ck_assert_int_ge(version, 1);
	world_stop(&w);
	world_sql(&w, "PRAGMA user_version = 1000");
	check_refused(&w, ERR_INVALID, "newer version");
	ck_assert_int_eq(world_sql(&w, "PRAGMA user_version"), 1000);
	world_done(&w);
}

TEST(refuses_tables_that_are_not_ours)
{
	struct world w;

	world_init(&w);
	world_sql(&w, "CREATE TABLE job(name TEXT)");
	check_refused(&w, ERR_IO, "job already exists");
	ck_assert_int_eq(world_sql(&w, "PRAGMA user_version"), 0);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM sqlite_schema"), 1);
	world_done(&w);
}

TEST(refuses_a_directory_that_is_not_there)
{
	struct world w;

	world_init(&w);
	char *end = strrchr(w.path, '/');
	memcpy(end, "/x/y", sizeof("/x/y"));
	check_refused(&w, ERR_SYSTEM, "No such file");
	world_done(&w);
}

TEST(is_made_once)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t n = world_sql(&w, "SELECT count(*) FROM sqlite_schema");
	ck_assert_int_gt(n, 0);
	world_stop(&w);
	world_start(&w);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM sqlite_schema"), n);
	world_done(&w);
}

SUITE(schema)
{
	ADD(refuses_a_file_that_is_no_database);
	ADD(refuses_a_newer_version);
	ADD(refuses_tables_that_are_not_ours);
	ADD(refuses_a_directory_that_is_not_there);
	ADD(is_made_once);
}
