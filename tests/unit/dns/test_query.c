/* Questions as they are written. */
#include "../unit.h"

#include "dns/query.h"
#include "packet.h"

TEST(writes_a_plain_question)
{
	static const uint8_t want[] = "\x12\x34\1\0\0\1\0\0\0\0\0\0\3www\2de\0\0\x1c\0\1";
	struct dns_name name = packet_wire("www.de");
	uint8_t bytes[DNS_QUERY_MAX];
	size_t end, len = dns_query_write(
			&(struct dns_query){
			    .name = &name, .type = DNS_AAAA, .id = 0x1234, .flags = DNS_FLAG_RD},
			bytes, &end);

	ck_assert_uint_eq(len, sizeof(want) - 1);
	ck_assert_uint_eq(end, len);
	ck_assert_mem_eq(bytes, want, len);
}

TEST(writes_edns_with_a_cookie)
{
	struct dns_name name = packet_wire("a");
	uint8_t bytes[DNS_QUERY_MAX], cookie[] = "abcdefgh12345678";
	struct dns_query q = {
	    .name = &name, .type = DNS_A, .has_edns = true, .cookie = cookie, .n_cookie = 16};
	size_t end, len = dns_query_write(&q, bytes, &end);

	bytes[2] |= 0x80; /* as a response it can be read */
	struct dns_message m;
	ck_assert(dns_message_parse(bytes, len, &m));
	ck_assert(m.has_edns);
	ck_assert_uint_eq(m.udp_size, DNS_UDP_SIZE);
	ck_assert_uint_eq(m.n_cookie, 16);
	ck_assert_mem_eq(m.cookie, cookie, 16);
	ck_assert_uint_eq(end, 12 + 3 + 4);
}

TEST(mixes_the_case_of_letters_only)
{
	struct dns_name name = packet_wire("abc-\\229.1z@`[{");
	uint8_t bytes[DNS_QUERY_MAX], all[32], none[32] = {0};
	struct dns_query q = {.name = &name, .type = DNS_A, .case_bits = all};
	size_t end;

	memset(all, 255, sizeof(all));
	dns_query_write(&q, bytes, &end);
	ck_assert_mem_eq(bytes + 12,
	    "\5ABC-\345\6"
	    "1Z@`[{\0",
	    15);
	q.case_bits = none;
	dns_query_write(&q, bytes, &end);
	ck_assert_mem_eq(bytes + 12, name.bytes, name.len);
}

TEST(holds_the_longest_question)
{
	struct dns_name name = {.len = DNS_NAME_MAX};
	uint8_t bytes[DNS_QUERY_MAX], cookie[DNS_COOKIE_MAX] = {0};
	size_t end;

	for (int i = 0; i < 4; i++)
		name.bytes[i * 64] = i < 3 ? 63 : 61;
	ck_assert_uint_eq(
	    dns_query_write(
		&(struct dns_query){
		    .name = &name, .has_edns = true, .cookie = cookie, .n_cookie = DNS_COOKIE_MAX},
		bytes, &end),
	    DNS_QUERY_MAX);
}

SUITE(query)
{
	ADD(writes_a_plain_question);
	ADD(writes_edns_with_a_cookie);
	ADD(mixes_the_case_of_letters_only);
	ADD(holds_the_longest_question);
}
