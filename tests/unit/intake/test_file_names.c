/* Names that are unique within a job. */
#include "../unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "intake/file_names.h"

static const struct {
	const char *name, *names[8], *want;
} rows[] = {
    {"the same three times", {"a.gif", "a.gif", "a.gif"}, "a.gif a-2.gif a-3.gif"},
    {"in upper case too", {"a.gif", "A.GIF", "A.gif"}, "a.gif A-2.GIF A-3.gif"},
    {"what would have been the next", {"a-2.gif", "a.gif", "a.gif"}, "a-2.gif a.gif a-3.gif"},
    {"what is the next already", {"a.gif", "a-3.gif", "a.gif"}, "a.gif a-3.gif a-3-1.gif"},
    {"and that too", {"a.gif", "a-4.gif", "a-4-1.gif", "a.gif"},
	"a.gif a-4.gif a-4-1.gif a-4-2.gif"},
    {"a later one that was given away", {"a.gif", "a.gif", "a-2.gif"}, "a.gif a-2.gif a-2-3.gif"},
    {"without an extension", {"index", "INDEX", "index"}, "index INDEX-2 index-3"},
    {"two extensions", {"a.tar.gz", "a.tar.gz"}, "a.tar.gz a.tar-2.gz"},
    {"letters beyond ASCII are told apart", {"\xc3\xa9", "\xc3\x89", "\xc3\xa9"},
	"\xc3\xa9 \xc3\x89 \xc3\xa9-3"},
    {"signs that differ by the bit of case", {"@", "`", "[", "{"}, "@ ` [ {"},
    {"nothing in common", {"a", "b", "c"}, "a b c"},
    {"folders", {"a/b", "a/b", "A/c", "b"}, "a/b a/b-2 A/c b"},
    {"a file in the place of a folder", {"a/b", "a", "A"}, "a/b a-2 A-3"},
    {"a folder in the place of a file", {"a", "a/b", "a/c", "A/b"}, "a a_/b a_/c A_/b-4"},
    {"and what would be its next name", {"a", "a_", "a/b"}, "a a_ a-3-1/b"},
    {"deep ones", {"a/b/c", "a/b", "a/b/c/d", "a/b/c_"}, "a/b/c a/b-2 a/b/c_/d a/b/c_-4"},
};

TEST(take)
{
	struct file_names *names = file_names_new(0);
	char got[1000] = "", unique[FILE_NAMES_SIZE];

	for (uint32_t i = 0; rows[_i].names[i] != NULL; i++) {
		size_t n = file_names_add(names, rows[_i].names[i], i, unique);
		ck_assert_uint_eq(n, strlen(unique));
		ck_assert(file_path_is_safe(unique));
		snprintf(
		    got + strlen(got), sizeof(got) - strlen(got), "%s%s", i > 0 ? " " : "", unique);
	}
	ck_row_str(rows[_i].name, got, rows[_i].want);
	file_names_free(names);
}

/* The longest name, at the last place of a job, taken again and again. */
TEST(the_longest_fits)
{
	char longest[FILE_NAME_MAX + 1], unique[FILE_NAMES_SIZE], before[FILE_NAMES_SIZE] = "";
	struct file_names *names = file_names_new(0);

	memset(longest, 'a', FILE_NAME_MAX);
	memcpy(longest + FILE_NAME_MAX - 4, ".gif", 5);
	for (int i = 0; i < 20; i++) {
		size_t n = file_names_add(names, longest, UINT32_MAX - 1, unique);
		ck_assert_uint_eq(n, strlen(unique));
		ck_assert_str_eq(unique + n - 4, ".gif");
		ck_assert_str_ne(unique, before);
		ck_assert(file_name_is_safe(unique));
		memcpy(before, unique, n + 1);
	}
	file_names_free(names);
	file_names_free(NULL);
}

/* The longest path, with all its folders, each of them taken by a file. */
TEST(the_longest_path_fits)
{
	char path[FILE_PATH_MAX + 1] = "", unique[FILE_NAMES_SIZE];
	struct file_names *names = file_names_new(0);
	size_t len = 0;

	for (int i = 0; i < FILE_MAX_FOLDERS; i++) {
		len += (size_t)snprintf(path + len, sizeof(path) - len, "fffffffff");
		file_names_add(names, path, 0, unique);
		strcat(path, "_");
		file_names_add(names, path, 0, unique);
		path[len++] = '/';
	}
	memset(path + len, 'n', FILE_NAME_MAX);
	path[len + FILE_NAME_MAX] = '\0';
	for (int i = 0; i < 20; i++) {
		size_t n = file_names_add(names, path, UINT32_MAX - 1, unique);
		ck_assert(n == strlen(unique) && n < FILE_NAMES_SIZE && file_path_is_safe(unique));
	}
	file_names_free(names);
}

static int compare(const void *a, const void *b)
{
	return strcasecmp(*(char *const *)a, *(char *const *)b);
}

/* Few names, taken very often: all differ, and the table grows. */
TEST(many_are_all_different)
{
	enum { N = 50000 };
	static char *taken[N];
	char name[32], unique[FILE_NAMES_SIZE];
	struct file_names *names = file_names_new(N * (size_t)_i);

	for (uint32_t i = 0; i < N; i++) {
		snprintf(
		    name, sizeof(name), "%c%u%s.gif", i % 2 ? 'a' : 'A', i % 7, i % 3 ? "" : "-8");
		file_names_add(names, name, i, unique);
		taken[i] = xstrdup(unique);
	}
	qsort(taken, N, sizeof(*taken), compare);
	for (size_t i = 1; i < N; i++)
		ck_assert_msg(strcasecmp(taken[i - 1], taken[i]) != 0, "%s twice", taken[i]);
	for (size_t i = 0; i < N; i++)
		free(taken[i]);
	file_names_free(names);
}

SUITE(names)
{
	ADD_ROWS(take, rows);
	ADD(the_longest_fits);
	ADD(the_longest_path_fits);
	tcase_add_loop_test(tcase, many_are_all_different, 0, 3); /* expected: none to too many */
}
