/* The name servers of resolv.conf. */
#include "../unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "check/resolv_conf.h"

enum { MAX = 3 };

TEST(a_missing_file_is_an_error)
{
	struct endpoint servers[MAX];
	size_t n = 77;

	ck_assert_int_eq(resolv_conf_load("/nonexistent/resolv.conf", MAX, servers, &n), ERR_IO);
	ck_assert_uint_eq(n, 77);
}

static const struct {
	const char *name, *text, *want; /* servers, space separated; "": ERR_NOT_FOUND */
} rows[] = {
    {"empty", "", ""},
    {"comments", "# nameserver 192.0.2.1\n; nameserver 192.0.2.1\n", ""},
    {"other words", "search test\noptions ndots:1\nnameservers 192.0.2.1\n", ""},
    {"no address", "nameserver\nnameserver   \nnameserver ns.test\n", ""},
    {"scoped", "nameserver fe80::1%eth0\n", ""},
    {"one", "nameserver 192.0.2.1\n", "192.0.2.1:53"},
    {"no line end", "search test\nnameserver 192.0.2.1", "192.0.2.1:53"},
    {"blanks", "nameserver \t 192.0.2.1 \t # ours\r\n", "192.0.2.1:53"},
    {"both families", "nameserver 192.0.2.1\nnameserver 2001:db8::1\n",
	"192.0.2.1:53 [2001:db8::1]:53"},
    {"too many",
	"nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver 192.0.2.4\n",
	"192.0.2.1:53 192.0.2.2:53 192.0.2.3:53"},
};

TEST(reads)
{
	char path[] = "/tmp/asyncprobed-test-XXXXXX", got[256] = "", text[ENDPOINT_TEXT_SIZE];
	struct endpoint servers[MAX];
	size_t n = 0, len = 0;
	int fd = mkstemp(path);

	ck_assert(fd >= 0 && write(fd, rows[_i].text, strlen(rows[_i].text)) >= 0);
	close(fd);
	enum err e = resolv_conf_load(path, MAX, servers, &n);
	unlink(path);
	ck_assert_msg(e == (rows[_i].want[0] != '\0' ? OK : ERR_NOT_FOUND), "%s", rows[_i].name);
	for (size_t i = 0; i < n; i++) {
		endpoint_format(&servers[i], text);
		len +=
		    (size_t)snprintf(got + len, sizeof(got) - len, "%s%s", i > 0 ? " " : "", text);
	}
	ck_row_str(rows[_i].name, got, rows[_i].want);
}

SUITE(resolv_conf)
{
	ADD(a_missing_file_is_an_error);
	ADD_ROWS(reads, rows);
}
