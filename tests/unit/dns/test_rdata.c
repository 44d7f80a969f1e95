/* The text form of data. */
#include "../unit.h"

#include "dns/rdata.h"
#include "dns/recordset.h"
#include "packet.h"

static const struct {
	uint16_t type;
	const char *rdata;
	size_t n;
	const char *want;
} rows[] = {
    {1, "\300\0\2\1", 4, "192.0.2.1"},
    {28, "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16, "2001:db8::1"},
    {2, "\2NS\300\020", 5, "ns.example."}, /* compressed: the question is www.example */
    {15, "\0\12\0", 3, "10 ."},
    {15, "\0\12\2mx", 5, "\\# 5 000a026d78"},
    {15, "\0", 1, "\\# 1 00"},
    {16, "\5hello\0", 7, "\"hello\" \"\""},
    {16, "\6a\"\\\0\377 ", 7, "\"a\\\"\\\\\\000\\255 \""},
    {16, "", 0, "\\# 0"},
    {16, "\5abc", 4, "\\# 4 05616263"},
    {33, "\0\1\0\2\1\xbb\1s\0", 9, "1 2 443 s."},
    {35, "\0\144\0\12\1u\7E2U+sip\0\1x\0", 18, "100 10 \"u\" \"E2U+sip\" \"\" x."},
    {43, "\xec\x45\5\2\1\xab", 6, "60485 5 2 01ab"},
    {43, "\xec\x45\5", 3, "\\# 3 ec4505"},
    {48, "\1\1\3\10\1\2\3", 7, "257 3 8 AQID"},
    {46, "\0\1\5\3\0\1\121\200\100\100\0\0\100\100\0\0\12\116\7example\0\1", 28,
	"A 5 3 86400 20040228024208 20040228024208 2638 example. AQ=="},
    {47,
	"\4host\0\0\6\100\1\0\0\0\3\4\33\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	"\x20",
	43, "host. A MX RRSIG NSEC TYPE1234"},
    {47, "\0\0\0", 3, "\\# 3 000000"},
    {47, "\0", 1, "."},
    {50,
	"\1\1\0\14\4\xaa\xbb\xcc\xdd\24\x17\x4e\xb2\x40\x9f\xe2\x8b\xcb\x48\x87\xa1\x83\x6f\x95"
	"\x7f\x0a\x84\x25\xe2\x7b\0\1\100",
	33, "1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr A"},
    {51, "\1\0\0\0\0", 5, "1 0 0 -"},
    {52, "\3\1\1\xaa", 4, "3 1 1 aa"},
    {257, "\0\5issueca.example", 17, "0 issue \"ca.example\""},
    {257, "\200\3tbs", 5, "128 tbs \"\""},
    {257, "\0\0x", 3, "\\# 3 000078"},
    {257, "\0\1;x", 4, "\\# 4 00013b78"},
    {256, "\0\1\0\2ftp://x", 11, "1 2 \"ftp://x\""},
    {65, "\0\0\1a\0", 5, "0 a."},
    {65, "\0\1\0", 3, "1 ."},
    {65, "\0\1\0\0\1\0\6\2h2\2h3\0\3\0\2\1\xbb\0\4\0\4\300\0\2\1", 27,
	"1 . alpn=\"h2,h3\" port=443 ipv4hint=192.0.2.1"},
    {65, "\0\1\0\0\0\0\4\0\1\0\4\0\1\0\3\2h2\0\4\0\4\300\0\2\1", 26,
	"1 . mandatory=alpn,ipv4hint alpn=\"h2\" ipv4hint=192.0.2.1"},
    {64, "\0\1\0\0\2\0\0\0\5\0\4\1\2\3\4\2\x9b\0\2a\"", 21,
	"1 . no-default-alpn ech=\"AQIDBA==\" key667=\"a\\\"\""},
    {64, "\0\1\0\0\1\0\10\7f\\oo,ba", 15, "1 . alpn=\"f\\\\\\\\oo\\\\,ba\""},
    {64, "\0\1\0\0\3\0\2\0\1\0\1\0\3\2h2", 16,
	"\\# 16 0001000003000200010001000302683"
	"2"}, /* keys not in order */
    {64, "\0\1\0\0\3\0\3\0\1\2", 10, "\\# 10 00010000030003000102"},
    {108, "\0\0\x5e\0\x53\x2a", 6, "00-00-5e-00-53-2a"},
    {65280, "\1\xab", 2, "\\# 2 01ab"},
    {65280, "", 0, "\\# 0"},
    {29, "\0", 1, "\\# 1 00"},
};

TEST(formats)
{
	struct packet p;
	struct dns_message m;
	struct dns_record r = {0};
	struct buf b;

	packet_begin(&p, 1, 0x8180, "www.example", rows[_i].type);
	packet_record(&p, DNS_ANSWER, "@", rows[_i].type, 60, rows[_i].rdata, rows[_i].n);
	ck_assert(dns_message_parse(p.bytes, p.len, &m));
	size_t at = m.at[DNS_ANSWER];
	dns_message_record(&m, &at, &r);
	buf_init(&b, 10000);
	dns_rdata_format(&m, &r, &b);
	ck_row_str("text", b.data, rows[_i].want);
	buf_done(&b);
}

TEST(sorts_and_drops_repeats)
{
	static const char want[] = "1.1.1.1\0002.2.2.2\0003.3.3.3";
	struct packet p;
	struct dns_message m;
	struct dns_answer a;
	struct buf b;

	packet_begin(&p, 1, 0x8180, "x", DNS_A);
	packet_a(&p, "@", 60, 0x03030303);
	packet_a(&p, "@", 60, 0x01010101);
	packet_a(&p, "@", 60, 0x03030303);
	packet_a(&p, "other", 60, 0x04040404);
	packet_a(&p, "@", 60, 0x02020202);
	ck_assert(dns_message_parse(p.bytes, p.len, &m));
	dns_answer_judge(&m, &a);
	buf_init(&b, 10000);
	buf_add_str(&b, "kept");
	ck_assert_uint_eq(dns_recordset_write(&a, &b), 3);
	ck_assert_uint_eq(b.len, 4 + sizeof(want));
	ck_assert_mem_eq(b.data + 4, want, sizeof(want));
	buf_done(&b);
	buf_init(&b, 20);
	dns_recordset_write(&a, &b);
	ck_assert(b.overflow);
	buf_done(&b);
}

SUITE(rdata)
{
	ADD_ROWS(formats, rows);
	ADD(sorts_and_drops_repeats);
}
