/* Values of settings, by their types. */
#include "../unit.h"

#include "daemon/conf_value.h"

enum { LEAST = 2, MOST = 1000 };

static const struct {
	const char *text;
	enum conf_type type;
	enum err want;
	uint64_t number;
} rows[] = {
    {"", NUMBER, ERR_INVALID, 0},
    {"x", NUMBER, ERR_INVALID, 0},
    {"-3", NUMBER, ERR_INVALID, 0},
    {"1", NUMBER, ERR_TOO_BIG, 0},
    {"1001", NUMBER, ERR_TOO_BIG, 0},
    {"2", NUMBER, OK, 2},
    {"1000", NUMBER, OK, 1000},
    {"1K", SIZE, ERR_TOO_BIG, 0},
    {"1kB", SIZE, ERR_INVALID, 0},
    {"999", SIZE, OK, 999},
    {"1s", DURATION, ERR_TOO_BIG, 0},
    {"0", DURATION, ERR_TOO_BIG, 0},
    {"5", DURATION, ERR_INVALID, 0},
    {"1ms", DURATION, OK, 1000},
    {"true", BOOL, ERR_INVALID, 0},
    {"Yes", BOOL, ERR_INVALID, 0},
    {"no", BOOL, OK, 0},
    {"yes", BOOL, OK, 1},
    {"info ", LEVEL, ERR_INVALID, 0},
    {"error", LEVEL, OK, 3},
    {"xml", FORMAT, ERR_INVALID, 0},
    {"json", FORMAT, OK, 1},
    {"bind", RESOLVER, ERR_INVALID, 0},
    {"evdns", RESOLVER, OK, 1},
    {"random", STRATEGY, ERR_INVALID, 0},
    {"spread", STRATEGY, OK, 2},
    {"8", MODE, ERR_INVALID, 0},
    {"0888", MODE, ERR_INVALID, 0},
    {"00660", MODE, ERR_INVALID, 0},
    {"0660", MODE, OK, 0660},
    {"postgres://x", DATABASE, ERR_INVALID, 0},
    {"sqlite://relative", DATABASE, ERR_INVALID, 0},
    {"sqlite:///a/b", DATABASE, OK, 0},
    {"", DATABASE, OK, 0},
    {"localhost:80 127.0.0.1:80", LISTENERS, ERR_INVALID, 0},
    {"127.0.0.1:99999", LISTENERS, ERR_INVALID, 0},
    {"127.0.0.1:0", LISTENERS, ERR_TOO_BIG, 0},
    {"127.0.0.1:0, [::1]:80,\n\tunix:/run/a.sock", LISTENERS, OK, 3},
    {"=http://a.test", LABELS, ERR_INVALID, 0},
    {"A=", LABELS, ERR_INVALID, 0},
    {"A=ftp://a.test", LABELS, ERR_INVALID, 0},
    {"A=http://a.test B", LABELS, ERR_INVALID, 0},
    {"A=http://a.test, B=https://b.test/f", LABELS, OK, 2},
    {"a.test/x b", HOSTS, ERR_INVALID, 0},
    {"a.test [::1] b_c", HOSTS, OK, 3},
    {"a.test b.test", ORIGINS, ERR_INVALID, 0},
    {"http:// https://a", ORIGINS, ERR_INVALID, 0},
    {"https://a/ https://b", ORIGINS, ERR_INVALID, 0},
    {"https://a:8080 http://b", ORIGINS, OK, 2},
    {"192.0.2.1 nonsense", SERVERS, ERR_INVALID, 0},
    {"192.0.2.1, [2001:db8::1]:5353", SERVERS, OK, 2},
    {"10.0.0.1/8", ADDRESSES, ERR_INVALID, 0},
    {"10.0.0.0/8, ::1", ADDRESSES, OK, 0},
    {"0", PORTS, ERR_INVALID, 0},
    {"80,90-80", PORTS, ERR_INVALID, 0},
    {"80,8000-8100", PORTS, OK, 0},
    {"a..b", DOMAIN, ERR_INVALID, 0},
    {"anything at all", TEXT, OK, 0},
};

TEST(reads)
{
	uint64_t number = 0;
	struct buf why;

	buf_init(&why, 1000);
	enum err e = conf_value_parse(rows[_i].type, rows[_i].text, LEAST, MOST, &number, &why);
	buf_done(&why);
	ck_row_str(rows[_i].text, err_str(e), err_str(rows[_i].want));
	if (e == OK)
		ck_assert_msg(number == rows[_i].number, "%s: %llu", rows[_i].text,
		    (unsigned long long)number);
}

TEST(describes_each_type)
{
	for (int type = TEXT; type <= MODE; type++)
		ck_assert_msg(conf_value_describe((enum conf_type)type) != NULL, "type %d", type);
}

SUITE(conf_value)
{
	ADD_ROWS(reads, rows);
	ADD(describes_each_type);
}
