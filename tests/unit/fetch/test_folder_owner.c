/* Whose the folder of downloads is, whether it is there, and what is told of removals. */
#include <stdio.h>
#include <sys/stat.h>

#include "../unit.h"
#include "fetch/folder.h"
#include "place.h"

/* A folder with a mark is its owner's; a draft in it is only the owner's to remove. */
TEST(the_first_owner_has_the_folder)
{
	struct place p;
	struct folder *folder, *second;
	struct folder_opts opts = {.owner = "one"};

	place_begin(&p, 0);
	opts.offload = p.offload;
	opts.path = p.path;
	ck_assert_int_eq(folder_open(&opts, &folder), OK);
	place_settle(&p);
	ck_assert_ptr_null(folder_owner(folder));
	ck_assert_int_eq(folder_open(&opts, &second), ERR_BUSY);
	folder_close(folder);
	place_write(&p, ".part/00000000-0", "half", 4);
	opts.owner = "two";
	ck_assert_int_eq(folder_open(&opts, &folder), OK);
	place_settle(&p);
	ck_assert_str_eq(folder_owner(folder), "one");
	folder_close(folder);
	place_check_list(&p, ".", ".owner .part/ .part/00000000-0");
	opts.owner = "one";
	ck_assert_int_eq(folder_open(&opts, &folder), OK);
	place_settle(&p);
	ck_assert_ptr_null(folder_owner(folder));
	place_check_list(&p, ".", ".owner .part/");
	folder_close(folder);
	place_end(&p);
}

static struct id removed;

static void on_removed(const struct id *job, void *arg)
{
	removed = *job;
	++*(int *)arg;
}

TEST(tells_when_the_files_of_a_job_are_gone)
{
	struct place p;
	struct id job = place_job(1), none = place_job(2);
	int n = 0;
	char file[128], stays[128];

	snprintf(file, sizeof(file), "%s/a", place_job_text(1));
	snprintf(stays, sizeof(stays), "%s/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/x",
	    place_job_text(1));
	place_begin(&p, 0);
	place_write(&p, file, "a", 1);
	struct folder *folder = place_open_folder(&p, 0);
	place_settle(&p);
	folder_set_on_removed(folder, on_removed, &n);
	folder_remove_job(folder, &job);
	place_settle(&p);
	ck_assert(n == 1 && memcmp(&removed, &job, sizeof(job)) == 0);
	folder_remove_job(folder, &none);
	place_settle(&p);
	ck_assert_int_eq(n, 2);
	place_write(&p, stays, "x", 1);
	folder_remove_job(folder, &job);
	place_settle(&p);
	ck_assert_int_eq(n, 2);
	folder_close(folder);
	place_end(&p);
}

static char *in_job(unsigned i, const char *name)
{
	static char text[4][128];
	static unsigned next;

	next = (next + 1) % 4;
	snprintf(text[next], sizeof(text[next]), "%s/%s", place_job_text(i), name);
	return text[next];
}

/* With the last file of a folder the folder goes, and no other. */
TEST(removes_files_of_folders)
{
	struct id job = place_job(1);
	struct place p;
	char want[400];

	place_begin(&p, _i == 0 ? 0 : 2);
	place_write(&p, in_job(1, "a/b/c"), "123", 3);
	place_write(&p, in_job(1, "a/d"), "1", 1);
	place_write(&p, "outside/x", "1", 1);
	place_link(&p, in_job(1, "link"), "../outside");
	struct folder *folder = place_open_folder(&p, 0);
	place_settle(&p);
	folder_remove_file(folder, &job, "a/b/c");
	folder_remove_file(folder, &job, "a/b");
	folder_remove_file(folder, &job, "link/x");
	place_settle(&p);
	ck_assert(folder_used(folder) == 1);
	snprintf(want, sizeof(want), ".part/ %s/ %s %s %s outside/ outside/x", place_job_text(1),
	    in_job(1, "a/"), in_job(1, "a/d"), in_job(1, "link"));
	place_check_list(&p, ".", want);
	folder_remove_file(folder, &job, "a/d");
	place_settle(&p);
	ck_assert(folder_used(folder) == 0);
	folder_remove_job(folder, &job);
	place_settle(&p);
	place_check_list(&p, ".", ".part/ outside/ outside/x");
	place_stop(&p);
	folder_close(folder);
	place_end(&p);
}

TEST(is_missed_when_it_is_moved_or_replaced)
{
	struct place p;
	char away[128];

	place_begin(&p, 0);
	struct folder *folder = place_open_folder(&p, 0);
	place_settle(&p);
	snprintf(away, sizeof(away), "%s.away", p.path);
	ck_assert_int_eq(rename(p.path, away), 0);
	folder_look(folder);
	place_settle(&p);
	ck_assert(!folder_is_there(folder));
	ck_assert_int_eq(mkdir(p.path, 0755), 0);
	folder_look(folder);
	place_settle(&p);
	ck_assert(!folder_is_there(folder));
	ck_assert_int_eq(rename(away, p.path), 0);
	folder_look(folder);
	place_settle(&p);
	ck_assert(folder_is_there(folder));
	folder_close(folder);
	place_end(&p);
}

SUITE(folder_owner)
{
	tcase_add_loop_test(tcase, removes_files_of_folders, 0, 2); /* in this thread, in two */
	ADD(the_first_owner_has_the_folder);
	ADD(tells_when_the_files_of_a_job_are_gone);
	ADD(is_missed_when_it_is_moved_or_replaced);
}
