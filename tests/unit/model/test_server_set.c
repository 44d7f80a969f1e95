/* Name servers of jobs: what is one, and the packed form. */
#include "../unit.h"

#include "model/server_set.h"

static const struct {
	const char *text, *want; /* NULL: it is none */
} rows[] = {
    {"192.0.2.1", "192.0.2.1:53"},
    {"192.0.2.1:5353", "192.0.2.1:5353"},
    {"2001:db8::1", "[2001:db8::1]:53"},
    {"[2001:db8::1]:65535", "[2001:db8::1]:65535"},
    {"192.0.2.1:0", NULL},
    {"192.0.2.1:65536", NULL},
    {"fe80::1%lo", NULL},
    {"ns.example.com", NULL},
    {"https://192.0.2.1/", NULL},
    {"@/etc/servers", NULL},
    {"192.0.2.1,192.0.2.2", NULL},
    {" 192.0.2.1", NULL},
    {"", NULL},
};

TEST(reads)
{
	struct server_set set = {.n = 0};
	char text[ENDPOINT_TEXT_SIZE];

	const char *fault = server_set_add(&set, rows[_i].text);
	ck_assert_msg((fault == NULL) == (rows[_i].want != NULL), "%s: %s", rows[_i].text, fault);
	ck_assert_uint_eq(set.n, fault == NULL ? 1 : 0);
	if (fault == NULL) {
		endpoint_format(&set.all[0], text);
		ck_row_str(rows[_i].text, text, rows[_i].want);
	}
}

TEST(is_bounded_and_comes_back)
{
	struct server_set set = {.n = 0}, got;
	char text[32];
	struct buf fields;

	buf_init(&fields, SERVER_SET_PACKED);
	server_set_pack(&set, &fields);
	ck_assert_uint_eq(fields.len, 0);
	for (int i = 0; i < SERVER_SET_MAX; i++) {
		snprintf(text, sizeof(text), i % 2 == 0 ? "192.0.2.%d:%d" : "[2001:db8::%d]:%d", i,
		    i + 1);
		ck_assert_ptr_null(server_set_add(&set, text));
		ck_assert_ptr_null(server_set_add(&set, text)); /* again is nothing new */
	}
	ck_assert_ptr_nonnull(server_set_add(&set, "192.0.2.99"));
	server_set_pack(&set, &fields);
	ck_assert(!fields.overflow);
	ck_assert(server_set_unpack((struct span){fields.data, fields.len}, &got));
	ck_assert_uint_eq(got.n, SERVER_SET_MAX);
	ck_assert(server_set_equal(&set, &got));
	got.all[3].port++;
	ck_assert(!server_set_equal(&set, &got));
	ck_assert(server_set_unpack((struct span){NULL, 0}, &got) && got.n == 0);
	fields.data[3] = 9; /* neither IPv4 nor IPv6 */
	ck_assert(!server_set_unpack((struct span){fields.data, fields.len}, &got));
	ck_assert(!server_set_unpack((struct span){"\x14\x02xx", 4}, &got));
	buf_done(&fields);
}

SUITE(server_set)
{
	ADD_ROWS(reads, rows);
	ADD(is_bounded_and_comes_back);
}
