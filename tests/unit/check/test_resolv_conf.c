/* The name servers of resolv.conf. */
#include "../unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "check/resolv_conf.h"

static void read_text(const char *text, struct resolv_conf *ret_conf, struct buf *ignored)
{
	char path[] = "/tmp/asyncprobed-test-XXXXXX";
	int fd = mkstemp(path);

	ck_assert(fd >= 0 && write(fd, text, strlen(text)) >= 0);
	close(fd);
	resolv_conf_read(path, ret_conf, ignored);
	unlink(path);
}

static const struct {
	const char *name, *text, *want; /* servers, space separated; "": none is named */
	const char *ignored;
} rows[] = {
    {"empty", "", "", ""},
    {"comments", "# nameserver 192.0.2.1\n; nameserver 192.0.2.1\n", "", ""},
    {"indented", " nameserver 192.0.2.1\n", "", ""},
    {"other words", "search test\noptions ndots:1 edns0\nnameservers 192.0.2.1\n", "",
	" search ndots:1 edns0 nameservers"},
    {"no address", "nameserver\nnameserver   \nnameserver ns.test\n", "", ""},
    {"scoped", "nameserver fe80::1%lo\n", "[fe80::1%lo]:53", ""},
    {"no such interface", "nameserver fe80::1%nonesuch\n", "[fe80::1]:53", ""},
    {"any address", "nameserver 0.0.0.0\n", "0.0.0.0:53", ""},
    {"short forms", "nameserver 127.1\nnameserver 0x7f000002\n", "127.0.0.1:53 127.0.0.2:53", ""},
    {"one", "nameserver 192.0.2.1\n", "192.0.2.1:53", ""},
    {"no line end", "search test\nnameserver 192.0.2.1", "192.0.2.1:53", " search"},
    {"blanks", "nameserver \t 192.0.2.1 \t # ours\r\n", "192.0.2.1:53", ""},
    {"both families", "nameserver 192.0.2.1\nnameserver 2001:db8::1\n",
	"192.0.2.1:53 [2001:db8::1]:53", ""},
    {"with a port", "nameserver 192.0.2.1:5353\n", "192.0.2.1:5353", ""},
};

TEST(reads)
{
	char got[256] = "", text[ENDPOINT_TEXT_SIZE];
	struct resolv_conf conf;
	struct buf ignored;
	size_t len = 0;

	buf_init(&ignored, 4096);
	read_text(rows[_i].text, &conf, &ignored);
	ck_assert_msg(conf.is_implied == (rows[_i].want[0] == '\0'), "%s", rows[_i].name);
	for (size_t i = 0; i < conf.n_servers; i++) {
		endpoint_format(&conf.servers[i], text);
		len +=
		    (size_t)snprintf(got + len, sizeof(got) - len, "%s%s", i > 0 ? " " : "", text);
	}
	ck_row_str(rows[_i].name, got, conf.is_implied ? "127.0.0.1:53" : rows[_i].want);
	ck_row_str(rows[_i].name, ignored.len > 0 ? ignored.data : "", rows[_i].ignored);
	buf_done(&ignored);
}

TEST(a_missing_file_means_the_machine_itself)
{
	struct resolv_conf conf;
	struct buf ignored;

	buf_init(&ignored, 4096);
	resolv_conf_read("/nonexistent/resolv.conf", &conf, &ignored);
	ck_assert(conf.is_implied && conf.n_servers == 1 && conf.servers[0].port == 53);
	ck_assert(memcmp(conf.servers[0].address.bytes, "\x7f\0\0\x01", 4) == 0);
	buf_done(&ignored);
}

TEST(too_many_servers_are_left_out)
{
	struct resolv_conf conf;
	struct buf text, ignored;

	buf_init(&ignored, 4096);
	buf_init(&text, 1 << 16);
	for (int i = 0; i < 40; i++)
		buf_addf(&text, "nameserver 192.0.2.%d\n", i);
	read_text(text.data, &conf, &ignored);
	ck_assert_uint_eq(conf.n_servers, RESOLV_CONF_MAX_SERVERS);
	buf_done(&text);
	buf_done(&ignored);
}

TEST(options_are_obeyed_or_named)
{
	struct resolv_conf conf;
	struct buf ignored;

	buf_init(&ignored, 4096);
	read_text(
	    "nameserver 192.0.2.1\noptions use-vc timeout:1\noptions rotate no-aaaa trust-ad\n",
	    &conf, &ignored);
	ck_assert(conf.use_vc && conf.rotate && conf.no_aaaa && !conf.is_implied);
	ck_assert_str_eq(ignored.data, " timeout:1 trust-ad");
	buf_done(&ignored);
}

SUITE(resolv_conf)
{
	ADD_ROWS(reads, rows);
	ADD(a_missing_file_means_the_machine_itself);
	ADD(too_many_servers_are_left_out);
	ADD(options_are_obeyed_or_named);
}
