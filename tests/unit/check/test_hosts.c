/* The hosts file. */
#include "../unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "check/hosts.h"

static char path[] = "/tmp/asyncprobed-test-XXXXXX";

static struct hosts *load(const char *text)
{
	struct hosts *hosts = NULL;
	int fd = mkstemp(path);

	ck_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	ck_assert_int_eq(hosts_load(path, &hosts), OK);
	unlink(path);
	return hosts;
}

TEST(a_missing_file_is_an_error)
{
	struct hosts *hosts = NULL;

	ck_assert_int_eq(hosts_load("/nonexistent/hosts", &hosts), ERR_IO);
	ck_assert_ptr_null(hosts);
	ck_assert_ptr_null(hosts_find(NULL, "a.test", &(size_t){0}));
	hosts_free(NULL);
}

static const struct {
	const char *name, *text, *host, *want; /* addresses, space separated; "": not there */
} rows[] = {
    {"empty", "", "a.test", ""},
    {"comment", "# 192.0.2.1 a.test\n", "a.test", ""},
    {"no address", "a.test 192.0.2.1\n", "a.test", ""},
    {"scoped", "fe80::1%eth0 a.test\n", "a.test", ""},
    {"no host", "192.0.2.1\n192.0.2.2 a.test\n", "a.test", "192.0.2.2"},
    {"not a name", "192.0.2.1 -x.test a..b a.test\n", "a.test", "192.0.2.1"},
    {"behind a comment", "192.0.2.1 b.test # a.test\n", "a.test", ""},
    {"plain", "192.0.2.1 a.test\n", "a.test", "192.0.2.1"},
    {"blanks", " \t192.0.2.1 \t a.test \t\r\n", "a.test", "192.0.2.1"},
    {"alias", "192.0.2.1 b.test c.test a.test", "a.test", "192.0.2.1"},
    {"case and dot", "192.0.2.1 A.Test.\n", "a.test", "192.0.2.1"},
    {"several", "192.0.2.1 a.test\n2001:db8::1 a.test\n", "a.test", "192.0.2.1 2001:db8::1"},
    {"single label", "127.0.0.1 localhost\n", "localhost", "127.0.0.1"},
};

TEST(reads)
{
	struct hosts *hosts = load(rows[_i].text);
	char got[256] = "", text[ADDRESS_TEXT_SIZE];
	size_t n = 0, len = 0;
	const struct address *a = hosts_find(hosts, rows[_i].host, &n);

	for (size_t i = 0; a != NULL && i < n; i++) {
		address_format(&a[i], text);
		len +=
		    (size_t)snprintf(got + len, sizeof(got) - len, "%s%s", i > 0 ? " " : "", text);
	}
	ck_row_str(rows[_i].name, got, rows[_i].want);
	hosts_free(hosts);
}

TEST(addresses_are_bounded)
{
	char text[100 * 24] = "";
	size_t len = 0, n = 0;

	for (int i = 0; i < 100; i++)
		len +=
		    (size_t)snprintf(text + len, sizeof(text) - len, "192.0.2.%d a.test\n", i + 1);
	struct hosts *hosts = load(text);
	ck_assert_ptr_nonnull(hosts_find(hosts, "a.test", &n));
	ck_assert_uint_eq(n, RESULT_MAX_ADDRESSES);
	hosts_free(hosts);
}

SUITE(hosts)
{
	ADD(a_missing_file_is_an_error);
	ADD_ROWS(reads, rows);
	ADD(addresses_are_bounded);
}
