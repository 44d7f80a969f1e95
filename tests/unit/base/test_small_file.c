/* Reading small files as a whole. */
#include "../unit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/small_file.h"

enum { MOST = 64 };

static const struct {
	const char *name;
	size_t n_bytes;
	mode_t mode;
	bool is_secret;
	const char *want; /* NULL: good */
} rows[] = {
    {"too large", MOST + 1, 0600, false, "too large"},
    {"others may read it", 3, 0604, true, "accessible to others; run chmod o= FILE"},
    {"others may write it", 3, 0602, true, "accessible to others; run chmod o= FILE"},
    {"others may read what is no secret", 3, 0644, false, NULL},
    {"the group may read it", 3, 0640, true, NULL},
    {"empty", 0, 0600, true, NULL},
    {"as large as allowed", MOST, 0600, true, NULL},
};

TEST(reads)
{
	char path[] = "/tmp/asyncprobed-test-XXXXXX", bytes[MOST + 1];
	int fd = mkstemp(path);
	struct buf text;
	enum err e;

	memset(bytes, 'x', sizeof(bytes));
	ck_assert_int_eq(write(fd, bytes, rows[_i].n_bytes), (ssize_t)rows[_i].n_bytes);
	ck_assert_int_eq(fchmod(fd, rows[_i].mode), 0);
	close(fd);
	buf_init(&text, MOST);
	const char *fault = small_file_read(path, rows[_i].is_secret, &text, &e);
	unlink(path);
	ck_row_str(
	    rows[_i].name, fault != NULL ? fault : "", rows[_i].want != NULL ? rows[_i].want : "");
	if (fault != NULL)
		ck_assert_int_eq(e, ERR_INVALID);
	else
		ck_assert_msg(text.len == rows[_i].n_bytes &&
				  (text.len == 0 || memcmp(text.data, bytes, text.len) == 0),
		    "%s", rows[_i].name);
	buf_done(&text);
}

static const struct {
	const char *path;
	enum err want;
} bad[] = {{"/nonexistent/file", ERR_IO}, {"/tmp", ERR_INVALID}, {"/dev/null", ERR_INVALID}};

TEST(refuses_what_is_no_file)
{
	struct buf text;
	enum err e;

	buf_init(&text, MOST);
	ck_assert_msg(small_file_read(bad[_i].path, false, &text, &e) != NULL, "%s", bad[_i].path);
	ck_row_str(bad[_i].path, err_str(e), err_str(bad[_i].want));
	buf_done(&text);
}

SUITE(small_file)
{
	ADD_ROWS(reads, rows);
	ADD_ROWS(refuses_what_is_no_file, bad);
}
