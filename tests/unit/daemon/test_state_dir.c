/* Where the daemon keeps its files. */
#include "../unit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/state_dir.h"
#include "folder.h"

static const struct {
	const char *url, *want;
} urls[] = {
    {"/var/lib/jobs.db", NULL},
    {"sqlite:/a", NULL},
    {"sqlite://a/b", NULL},
    {"sqlite://", NULL},
    {"postgres:///a", NULL},
    {"sqlite:///", "/"},
    {"sqlite:///a b/jobs.db", "/a b/jobs.db"},
};

TEST(reads_urls)
{
	char *path = state_dir_database(urls[_i].url);

	ck_row_str(urls[_i].url, path != NULL ? path : "none",
	    urls[_i].want != NULL ? urls[_i].want : "none");
	free(path);
}

TEST(an_empty_url_is_in_the_state_directory)
{
	setenv("STATE_DIRECTORY", "/srv/state", 1);
	setenv("XDG_STATE_HOME", "/home/x/state", 1);
	setenv("HOME", "/home/x", 1);
	char *path = state_dir_database("");
	ck_assert_str_eq(path, "/srv/state/jobs.db");
	free(path);

	setenv("STATE_DIRECTORY", "", 1);
	path = state_dir_database("");
	ck_assert_str_eq(path,
	    geteuid() == 0 ? "/var/lib/asyncprobed/jobs.db" : "/home/x/state/asyncprobed/jobs.db");
	free(path);

	setenv("XDG_STATE_HOME", "relative", 1);
	path = state_dir_database("");
	ck_assert_str_eq(path, geteuid() == 0 ? "/var/lib/asyncprobed/jobs.db"
					      : "/home/x/.local/state/asyncprobed/jobs.db");
	free(path);
}

TEST(makes_what_is_missing)
{
	char path[512];
	struct stat st;

	snprintf(path, sizeof(path), "%s/a/b/jobs.db", folder_make());
	ck_assert_ptr_null(state_dir_make(path, false));
	char *folder = state_dir_make(path, true);
	ck_assert_ptr_nonnull(folder);
	ck_assert_str_eq(folder, folder_path("a/b"));
	ck_assert_int_eq(stat(folder, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777 & ~0750, 0);
	free(folder);
	folder = state_dir_make(path, false);
	ck_assert_ptr_nonnull(folder);
	free(folder);
	rmdir(folder_path("a/b"));
	rmdir(folder_path("a"));
	folder_remove();
}

TEST(a_file_in_the_way_is_no_folder)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/file/b/jobs.db", folder_make());
	folder_write("file", "", 0600);
	ck_assert_ptr_null(state_dir_make(path, true));
	folder_remove();
}

TEST(the_root_is_a_folder)
{
	char *folder = state_dir_make("/jobs.db", false);

	ck_assert_ptr_nonnull(folder);
	ck_assert_str_eq(folder, "/");
	free(folder);
}

SUITE(state_dir)
{
	ADD_ROWS(reads_urls, urls);
	ADD(an_empty_url_is_in_the_state_directory);
	ADD(makes_what_is_missing);
	ADD(a_file_in_the_way_is_no_folder);
	ADD(the_root_is_a_folder);
}
