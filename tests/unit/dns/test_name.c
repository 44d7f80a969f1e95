/* Names in their text form and in messages. */
#include "../unit.h"

#include "packet.h"

#define L63 "aaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg"

static const struct {
	const char *text, *want; /* NULL: refused */
} texts[] = {
    {"", NULL},
    {".", "."},
    {"..", NULL},
    {".a", NULL},
    {"a..b", NULL},
    {"a", "a."},
    {"a.", "a."},
    {"A.Example.COM", "a.example.com."},
    {"foo-.a.-b.ab--cd", "foo-.a.-b.ab--cd."},
    {"a\\.b.c", "a\\.b.c."},
    {"a\\046b.c", "a\\.b.c."},
    {"\\000\\255.x", "\\000\\255.x."},
    {"a b.c", "a\\032b.c."},
    {"\\256.x", NULL},
    {"\\25.x", NULL},
    {"a\\", NULL},
    {"_dmarc.x", "_dmarc.x."},
    {"*.x", "*.x."},
    {L63, L63 "."},
    {L63 "x", NULL},
    {L63 "." L63 "." L63 "."
	 "aaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgg",
	L63 "." L63 "." L63 "."
	    "aaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgg."},
    {L63 "." L63 "." L63 "."
	 "aaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgg.",
	L63 "." L63 "." L63 "."
	    "aaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgg."},
    {L63 "." L63 "." L63 "."
	 "aaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggh",
	NULL},
    {L63 "." L63 "." L63 "."
	 "aaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggh.",
	NULL},
};

TEST(reads_and_writes_text)
{
	struct dns_name name;
	struct buf b;
	bool is_good = dns_name_from_text(texts[_i].text, strlen(texts[_i].text), &name);

	ck_assert_msg(is_good == (texts[_i].want != NULL), "%s", texts[_i].text);
	if (!is_good)
		return;
	buf_init(&b, 2000);
	dns_name_format(&name, &b);
	ck_row_str(texts[_i].text, b.data, texts[_i].want);
	buf_done(&b);
}

TEST(compares_without_regard_to_case)
{
	struct dns_name a = packet_wire("a.eXample"), b = packet_wire("A.Example"),
			c = packet_wire("a.exampl\\229"), d = packet_wire("a.example.x");

	ck_assert(dns_name_equal(&a, &b));
	ck_assert(!dns_name_equal(&a, &c));
	ck_assert(!dns_name_equal(&a, &d));
}

/* Each row is read at `from`; `want` is NULL where that must fail, and `behind` where it ends. */
static const struct {
	const char *what, *bytes;
	size_t len, from;
	const char *want;
	size_t behind;
} wires[] = {
    {"root", "\0", 1, 0, ".", 1},
    {"nothing", "", 0, 0, NULL, 0},
    {"plain", "\1a\1b\0", 5, 0, "a.b.", 5},
    {"without its end", "\1a\1b", 4, 0, NULL, 0},
    {"cut in a label", "\5ab", 3, 0, NULL, 0},
    {"pointer back", "\1b\0\1a\300\0", 7, 3, "a.b.", 7},
    {"pointer to itself", "\300\0", 2, 0, NULL, 0},
    {"pointer forward", "\300\2\1a\0", 5, 0, NULL, 0},
    {"pointer to its own label", "\1a\300\0", 4, 0, NULL, 0},
    {"two that point to each other", "\300\2\300\0", 4, 2, NULL, 0},
    {"half a pointer", "\0\300", 2, 1, NULL, 0},
    {"pointer past the end", "\0\301\1", 3, 1, NULL, 0},
    {"label of a reserved kind 01", "\0\101a", 3, 1, NULL, 0},
    {"label of a reserved kind 10", "\0\201a", 3, 1, NULL, 0},
    {"pointer into the middle of a label", "\3\1a\0\0\300\1", 7, 5, "a.", 7},
};

TEST(reads_wire)
{
	size_t at = wires[_i].from;
	struct dns_name name;
	struct buf b;
	bool is_good = dns_name_read((const uint8_t *)wires[_i].bytes, wires[_i].len, &at, &name);

	ck_assert_msg(is_good == (wires[_i].want != NULL), "%s", wires[_i].what);
	ck_assert_uint_eq(at, is_good ? wires[_i].behind : wires[_i].from);
	if (!is_good)
		return;
	buf_init(&b, 2000);
	dns_name_format(&name, &b);
	ck_row_str(wires[_i].what, b.data, wires[_i].want);
	buf_done(&b);
}

TEST(follows_so_many_pointers_and_no_more)
{
	struct packet p = {0};
	size_t at;

	packet_u8(&p, 0);
	packet_pointer(&p, 0);
	for (int n = 2; n <= DNS_MAX_HOPS; n++)
		packet_pointer(&p, p.len - 2);
	at = p.len - 2;
	ck_assert(dns_name_read(p.bytes, p.len, &at, NULL));
	packet_pointer(&p, p.len - 2);
	at = p.len - 2;
	ck_assert(!dns_name_read(p.bytes, p.len, &at, NULL));
}

TEST(holds_the_length_of_a_name_across_pointers)
{
	struct packet p = {0};
	struct dns_name name;
	size_t at = 0;

	packet_name(&p, L63 "." L63 "." L63);
	at = p.len;
	for (int i = 0; i < 61; i++)
		packet_u8(&p, i == 0 ? 60 : 'x');
	packet_pointer(&p, 0);
	ck_assert(dns_name_read(p.bytes, p.len, &at, &name));
	ck_assert_uint_eq(name.len, 254);
	at = p.len;
	for (int i = 0; i < 63; i++)
		packet_u8(&p, i == 0 ? 62 : 'x');
	packet_pointer(&p, 0);
	ck_assert(!dns_name_read(p.bytes, p.len, &at, &name));
}

TEST(compares_names_of_a_message)
{
	struct packet p = {0};
	unsigned budget = 100;

	packet_name(&p, "www.example.com");
	size_t second = p.len;
	packet_name(&p, "WWW.Example");
	p.len--;
	packet_pointer(&p, 12);
	size_t third = p.len;
	packet_pointer(&p, second);
	size_t other = p.len;
	packet_name(&p, "www.example.co");
	ck_assert(dns_name_same(p.bytes, 0, second, &budget));
	ck_assert(dns_name_same(p.bytes, third, 0, &budget));
	ck_assert(!dns_name_same(p.bytes, other, 0, &budget));
	ck_assert_uint_gt(budget, 0);
	budget = 2;
	ck_assert(!dns_name_same(p.bytes, third, 0, &budget));
	ck_assert_uint_eq(budget, 0);
}

TEST(knows_names_below_others)
{
	static const struct {
		const char *name, *zone;
		bool is_under;
	} rows[] = {
	    {"www.example.com", "example.COM", true},
	    {"example.com", "example.com", true},
	    {"com", "example.com", false},
	    {"www.example.com", ".", true},
	    {".", ".", true},
	    {".", "com", false},
	    {"xexample.com", "example.com", false},
	    {"www.example.com", "ample.com", false},
	    {"a.b.c", "x.c", false},
	};

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		struct dns_name name, zone;
		ck_assert(dns_name_from_text(rows[i].name, strlen(rows[i].name), &name));
		ck_assert(dns_name_from_text(rows[i].zone, strlen(rows[i].zone), &zone));
		ck_assert_msg(dns_name_is_under(&name, &zone) == rows[i].is_under, "%s under %s",
		    rows[i].name, rows[i].zone);
	}
}

SUITE(name)
{
	ADD(knows_names_below_others);
	ADD_ROWS(reads_and_writes_text, texts);
	ADD(compares_without_regard_to_case);
	ADD_ROWS(reads_wire, wires);
	ADD(follows_so_many_pointers_and_no_more);
	ADD(holds_the_length_of_a_name_across_pointers);
	ADD(compares_names_of_a_message);
}
