/* Lists of name servers. */
#include "../unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "check/server_list.h"

static const struct {
	const char *name, *text;
	enum err err;
	size_t n;
} rows[] = {
    {"none", "", OK, 0},
    {"blanks", " , \n", OK, 0},
    {"one", "192.0.2.1", OK, 1},
    {"several", "192.0.2.1, 192.0.2.2:5353 [2001:db8::1]:53\n2001:db8::2", OK, 4},
    {"port 0", "192.0.2.1:0", ERR_INVALID, 0},
    {"a name", "dns.example", ERR_INVALID, 0},
    {"one is bad", "192.0.2.1 192.0.2", ERR_INVALID, 0},
    {"HTTPS", "https://192.0.2.1/dns-query", OK, 1},
    {"HTTPS by name", "https://dns.example/dns-query#192.0.2.1, https://dns.example:8443/#::1", OK,
	2},
    {"HTTPS without an address", "https://dns.example/dns-query", ERR_INVALID, 0},
    {"HTTPS with no address", "https://dns.example/dns-query#", ERR_INVALID, 0},
    {"HTTPS with two ports", "https://dns.example/dns-query#192.0.2.1:8443", ERR_INVALID, 0},
    {"HTTP", "http://192.0.2.1/dns-query", ERR_INVALID, 0},
    {"a user", "https://me@192.0.2.1/dns-query", ERR_INVALID, 0},
    {"no such file", "@/nowhere/list", ERR_INVALID, 0},
    {"no path", "@", ERR_INVALID, 0},
};

TEST(reads_lists)
{
	struct server_list list = {.n = 77};
	struct buf why;

	buf_init(&why, 1024);
	enum err e = server_list_read(rows[_i].text, &list, &why);
	ck_assert_msg(e == rows[_i].err, "%s: %d", rows[_i].name, e);
	if (e == OK) {
		ck_assert_msg(list.n == rows[_i].n, "%s: %zu", rows[_i].name, list.n);
		server_list_done(&list);
	} else {
		ck_assert_uint_eq(list.n, 77);
	}
	ck_assert(e == OK || rows[_i].text[0] != '@' || why.len > 0);
	buf_done(&why);
}

/* Make a file of these bytes and read a list that names it. */
static enum err read_with_file(
    const char *bytes, size_t n, struct server_list *ret_list, struct buf *why)
{
	char path[] = "/tmp/test_server_list.XXXXXX", text[64];
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, n), (ssize_t)n);
	close(fd);
	snprintf(text, sizeof(text), "192.0.2.99, @%s", path);
	enum err e = server_list_read(text, ret_list, why);
	unlink(path);
	return e;
}

TEST(reads_files)
{
	static const char bytes[] = "# resolvers\n\n192.0.2.1\r\n  192.0.2.2:5353 # "
				    "fast\n::1\nhttps://a.example/#192.0.2.7\n";
	struct server_list list;
	struct buf why;
	char text[ENDPOINT_TEXT_SIZE];

	buf_init(&why, 1024);
	ck_assert_int_eq(read_with_file(bytes, sizeof(bytes) - 1, &list, &why), OK);
	ck_assert_uint_eq(list.n, 5);
	ck_assert_str_eq(list.urls[4], "https://a.example/");
	endpoint_format(&list.servers[2], text);
	ck_assert_str_eq(text, "192.0.2.2:5353");
	endpoint_format(&list.servers[3], text);
	ck_assert_str_eq(text, "[::1]:53");
	server_list_done(&list);
	buf_done(&why);
}

TEST(names_the_line_that_is_wrong)
{
	static const char bytes[] = "192.0.2.1\n@/etc/passwd\n", zeros[] = "\0\0\n192.0.2.1\0x\n";
	struct server_list list;
	struct buf why;

	buf_init(&why, 1024);
	ck_assert_int_eq(read_with_file(bytes, sizeof(bytes) - 1, &list, &why), ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(why.data, ":2 is not a name server"));
	buf_clear(&why);
	read_with_file(zeros, sizeof(zeros) - 1, &list, &why);
	server_list_done(&list);
	buf_done(&why);
}

TEST(has_a_bound)
{
	struct server_list list;
	struct buf why, many;

	buf_init(&why, 1024);
	buf_init(&many, 1 << 20);
	for (int i = 0; i < SERVER_LIST_MAX - 1; i++)
		buf_addf(&many, "10.%d.%d.%d\n", i >> 16, i >> 8 & 255, i & 255);
	ck_assert_int_eq(read_with_file(many.data, many.len, &list, &why), OK);
	ck_assert_uint_eq(list.n, SERVER_LIST_MAX);
	server_list_done(&list);
	buf_add_str(&many, "10.255.0.1\n");
	ck_assert_int_eq(read_with_file(many.data, many.len, &list, &why), ERR_TOO_BIG);
	buf_done(&many);
	buf_done(&why);
}

SUITE(server_list)
{
	ADD_ROWS(reads_lists, rows);
	ADD(reads_files);
	ADD(names_the_line_that_is_wrong);
	ADD(has_a_bound);
}
