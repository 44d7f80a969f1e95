/* The main program of every unit test program; see unit.h. */
#include "unit.h"

#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { TEST_SECONDS = 60, MAX_FILE_BYTES = 1 << 20, MEMORY_ENOUGH = 512 << 20 };

static struct unit_suite *suites;
static int saved_stderr = -1;

void unit_register(struct unit_suite *suite)
{
	struct unit_suite **at = &suites;

	while (*at != NULL && strcmp((*at)->name, suite->name) < 0)
		at = &(*at)->next;
	suite->next = *at;
	*at = suite;
}

static char *read_all(FILE *f, size_t *ret_len)
{
	char *data = malloc(MAX_FILE_BYTES + 1);

	ck_assert_ptr_nonnull(data);
	size_t len = fread(data, 1, MAX_FILE_BYTES, f);
	ck_assert_int_eq(ferror(f), 0);
	data[len] = '\0';
	if (ret_len != NULL)
		*ret_len = len;
	return data;
}

static FILE *open_file(const char *path, const char *mode)
{
	const char *srcdir = getenv("srcdir");
	char full[4096];

	snprintf(full, sizeof(full), "%s/tests/%s", srcdir != NULL ? srcdir : ".", path);
	FILE *f = fopen(full, mode);
	ck_assert_msg(f != NULL, "%s can't be opened", full);
	return f;
}

char *unit_read_file(const char *path, size_t *ret_len)
{
	FILE *f = open_file(path, "re");
	char *data = read_all(f, ret_len);

	fclose(f);
	return data;
}

void unit_check_golden(const char *path, const char *got, size_t len)
{
	if (getenv("UPDATE_GOLDEN") != NULL) {
		FILE *f = open_file(path, "we");
		ck_assert_uint_eq(fwrite(got, 1, len, f), len);
		ck_assert_int_eq(fclose(f), 0);
	}
	size_t want_len, line = 1, start = 0, at = 0;
	char *want = unit_read_file(path, &want_len);
	for (; at < len && at < want_len && got[at] == want[at]; at++) {
		if (got[at] == '\n') {
			line++;
			start = at + 1;
		}
	}
	ck_assert_msg(at == len && at == want_len, "%s:%zu:\n got: %.300s\nwant: %.300s", path,
	    line, got + start, want + start);
	free(want);
}

const char *unit_folder(void)
{
	static const char memory[] = "/dev/shm";
	const char *tmp = getenv("TMPDIR");
	struct statvfs fs;

	if (tmp != NULL)
		return tmp;
	return access(memory, W_OK) == 0 && statvfs(memory, &fs) == 0 &&
		       (uint64_t)fs.f_bavail * fs.f_frsize >= MEMORY_ENOUGH
		   ? memory
		   : "/tmp";
}

void unit_capture_begin(void)
{
	FILE *f = tmpfile();

	fflush(stderr);
	saved_stderr = dup(STDERR_FILENO);
	ck_assert(f != NULL && saved_stderr >= 0);
	ck_assert_int_eq(dup2(fileno(f), STDERR_FILENO), STDERR_FILENO);
	fclose(f);
}

char *unit_capture_end(void)
{
	int fd = dup(STDERR_FILENO);

	ck_assert_int_eq(dup2(saved_stderr, STDERR_FILENO), STDERR_FILENO);
	close(saved_stderr);
	FILE *f = fdopen(fd, "r");
	ck_assert_ptr_nonnull(f);
	rewind(f);
	char *text = read_all(f, NULL);
	fclose(f);
	return text;
}

int main(void)
{
	SRunner *runner = srunner_create(NULL);

	for (struct unit_suite *s = suites; s != NULL; s = s->next) {
		Suite *suite = suite_create(s->name);
		TCase *tcase = tcase_create(s->name);
		tcase_set_timeout(tcase, TEST_SECONDS);
		s->fill(tcase);
		suite_add_tcase(suite, tcase);
		srunner_add_suite(runner, suite);
	}
	srunner_run_all(runner, CK_ENV);
	int n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
