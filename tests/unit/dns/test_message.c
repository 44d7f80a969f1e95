/* Messages: how they are matched with a question, and what makes them malformed. */
#include "../unit.h"

#include "dns/query.h"
#include "packet.h"

static size_t ask(uint8_t query[DNS_QUERY_MAX])
{
	struct dns_name name = packet_wire("wWw.example");
	size_t end;

	dns_query_write(
	    &(struct dns_query){.name = &name, .type = DNS_A, .id = 7, .flags = DNS_FLAG_RD}, query,
	    &end);
	return end - DNS_HEADER_SIZE;
}

static const struct {
	const char *what;
	uint16_t id, flags, n_questions;
	const char *name;
	uint16_t type;
	enum dns_match want;
} matches[] = {
    {"the same", 7, 0x8180, 1, "wWw.example", DNS_A, DNS_MATCH},
    {"other case", 7, 0x8180, 1, "www.example", DNS_A, DNS_MATCH_CASE},
    {"other id", 8, 0x8180, 1, "wWw.example", DNS_A, DNS_NO_MATCH},
    {"a query", 7, 0x0100, 1, "wWw.example", DNS_A, DNS_NO_MATCH},
    {"a notify", 7, 0xa180, 1, "wWw.example", DNS_A, DNS_NO_MATCH},
    {"other name", 7, 0x8183, 1, "wWx.example", DNS_A, DNS_NO_MATCH},
    {"longer name", 7, 0x8183, 1, "wWw.example.x", DNS_A, DNS_NO_MATCH},
    {"parent", 7, 0x8183, 1, "example", DNS_A, DNS_NO_MATCH},
    {"other type", 7, 0x8180, 1, "wWw.example", DNS_AAAA, DNS_NO_MATCH},
    {"two questions", 7, 0x8180, 2, "wWw.example", DNS_A, DNS_NO_MATCH},
    {"NXDOMAIN without a question", 7, 0x8183, 0, "", 0, DNS_NO_MATCH},
    {"NOERROR without a question", 7, 0x8180, 0, "", 0, DNS_NO_MATCH},
    {"FORMERR without a question", 7, 0x8181, 0, "", 0, DNS_MATCH_HEADER},
    {"FORMERR without a question that has one", 7, 0x8181, 0, "wWw.example", DNS_A, DNS_NO_MATCH},
};

TEST(matches_the_whole_question)
{
	uint8_t query[DNS_QUERY_MAX];
	size_t n_question = ask(query);
	struct packet p;

	packet_begin(&p, matches[_i].id, matches[_i].flags, matches[_i].name, matches[_i].type);
	p.bytes[5] = (uint8_t)matches[_i].n_questions;
	if (matches[_i].name[0] == '\0')
		p.len = DNS_HEADER_SIZE;
	ck_assert_msg(dns_message_match(p.bytes, p.len, 7, query + DNS_HEADER_SIZE, n_question) ==
			  matches[_i].want,
	    "%s", matches[_i].what);
}

TEST(matches_nothing_that_is_cut_short)
{
	uint8_t query[DNS_QUERY_MAX];
	size_t n_question = ask(query);
	struct packet p;

	packet_begin(&p, 7, 0x8180, "wWw.example", DNS_A);
	ck_assert_int_eq(
	    dns_message_match(p.bytes, p.len, 7, query + DNS_HEADER_SIZE, n_question), DNS_MATCH);
	while (p.len-- > 0)
		ck_assert_int_eq(
		    dns_message_match(p.bytes, p.len, 7, query + DNS_HEADER_SIZE, n_question),
		    DNS_NO_MATCH);
}

static void answer(struct packet *p)
{
	packet_begin(p, 7, 0x8180, "www.example", DNS_A);
	packet_a(p, "@", 300, 0x01020304);
	packet_soa(p, "example", 60, 30);
	packet_record(p, DNS_ADDITIONAL, ".", DNS_OPT, 0, "\0\17\0\4\0\26no", 8);
}

TEST(refuses_every_cut_of_a_message)
{
	struct packet p;
	struct dns_message m;

	answer(&p);
	ck_assert(dns_message_parse(p.bytes, p.len, &m));
	ck_assert_uint_eq(m.n_ede, 1);
	ck_assert_uint_eq(m.ede[0].code, 22);
	ck_assert_uint_eq(m.ede[0].n_text, 2);
	ck_assert_uint_eq(m.negative_ttl, 30);
	for (size_t len = 0; len < p.len; len++)
		ck_assert_msg(!dns_message_parse(p.bytes, len, &m), "cut to %zu", len);
	packet_u8(&p, 0); /* behind the last record there may be anything */
	ck_assert(dns_message_parse(p.bytes, p.len, &m));
}

TEST(counts_are_those_of_the_records)
{
	struct packet p;
	struct dns_message m;

	for (int count = 6; count < 12; count += 2) {
		answer(&p);
		p.bytes[count]++; /* 256 more */
		ck_assert(!dns_message_parse(p.bytes, p.len, &m));
		answer(&p);
		p.bytes[count + 1]++;
		ck_assert(!dns_message_parse(p.bytes, p.len, &m));
	}
	answer(&p);
	p.bytes[5] = 0;
	ck_assert(!dns_message_parse(p.bytes, p.len, &m));
}

static const struct {
	const char *what;
	enum dns_section section;
	const char *owner;
	uint16_t type;
	const char *rdata;
	size_t n_rdata;
	bool is_good;
} records[] = {
    {"A of 4", DNS_ANSWER, "@", DNS_A, "1234", 4, true},
    {"A of 3", DNS_ANSWER, "@", DNS_A, "123", 3, false},
    {"A of 5", DNS_ANSWER, "@", DNS_A, "12345", 5, false},
    {"A of 0", DNS_ANSWER, "@", DNS_A, "", 0, false},
    {"AAAA of 4", DNS_ANSWER, "@", DNS_AAAA, "1234", 4, false},
    {"CNAME", DNS_ANSWER, "@", DNS_CNAME, "\1a\0", 3, true},
    {"CNAME with more behind it", DNS_ANSWER, "@", DNS_CNAME, "\1a\0\0", 4, false},
    {"CNAME cut short", DNS_ANSWER, "@", DNS_CNAME, "\1a", 2, false},
    {"CNAME that runs past its record", DNS_ANSWER, "@", DNS_CNAME, "\5a", 2, false},
    {"SOA without numbers", DNS_AUTHORITY, "@", DNS_SOA, "\0\0", 2, false},
    {"unknown type", DNS_ANSWER, "@", 65280, "xyz", 3, true},
    {"OPT", DNS_ADDITIONAL, ".", DNS_OPT, "", 0, true},
    {"OPT of a name", DNS_ADDITIONAL, "@", DNS_OPT, "", 0, false},
    {"OPT among the answers", DNS_ANSWER, ".", DNS_OPT, "", 0, false},
    {"OPT in the authority section", DNS_AUTHORITY, ".", DNS_OPT, "", 0, false},
    {"OPT with half an option", DNS_ADDITIONAL, ".", DNS_OPT, "\0\12\0", 3, false},
    {"OPT with an option past its end", DNS_ADDITIONAL, ".", DNS_OPT, "\0\12\0\10abc", 7, false},
    {"OPT with a cookie of 8", DNS_ADDITIONAL, ".", DNS_OPT, "\0\12\0\10abcdefgh", 12, true},
    {"OPT with a cookie of 7", DNS_ADDITIONAL, ".", DNS_OPT, "\0\12\0\7abcdefg", 11, false},
    {"OPT with a cookie of 9", DNS_ADDITIONAL, ".", DNS_OPT, "\0\12\0\11abcdefghi", 13, false},
    {"OPT with an unknown option", DNS_ADDITIONAL, ".", DNS_OPT, "\377\0\0\1x", 5, true},
    {"OPT with an empty extended error", DNS_ADDITIONAL, ".", DNS_OPT, "\0\17\0\1x", 5, true},
};

TEST(checks_records)
{
	struct packet p;
	struct dns_message m;

	packet_begin(&p, 7, 0x8180, "www.example", DNS_A);
	packet_record(&p, records[_i].section, records[_i].owner, records[_i].type, 0,
	    records[_i].rdata, records[_i].n_rdata);
	ck_assert_msg(
	    dns_message_parse(p.bytes, p.len, &m) == records[_i].is_good, "%s", records[_i].what);
}

TEST(takes_one_opt_only)
{
	struct packet p;
	struct dns_message m;

	answer(&p);
	packet_record(&p, DNS_ADDITIONAL, ".", DNS_OPT, 0, "", 0);
	ck_assert(!dns_message_parse(p.bytes, p.len, &m));
}

TEST(joins_the_two_parts_of_the_rcode)
{
	struct packet p;
	struct dns_message m;

	packet_begin(&p, 7, 0x8187, "www.example", DNS_A);
	packet_record(&p, DNS_ADDITIONAL, ".", DNS_OPT, 0x01000000, "", 0);
	ck_assert(dns_message_parse(p.bytes, p.len, &m));
	ck_assert_uint_eq(m.rcode, DNS_RCODE_BADCOOKIE);
}

TEST(keeps_few_extended_errors)
{
	struct packet p;
	struct dns_message m;
	uint8_t options[6 * 8];

	for (size_t i = 0; i < 8; i++)
		memcpy(options + 6 * i, "\0\17\0\2\0\3", 6);
	packet_begin(&p, 7, 0x8182, "www.example", DNS_A);
	packet_record(&p, DNS_ADDITIONAL, ".", DNS_OPT, 0, options, sizeof(options));
	ck_assert(dns_message_parse(p.bytes, p.len, &m));
	ck_assert_uint_eq(m.n_ede, DNS_MAX_EDE);
}

SUITE(message)
{
	ADD_ROWS(matches_the_whole_question, matches);
	ADD(matches_nothing_that_is_cut_short);
	ADD(refuses_every_cut_of_a_message);
	ADD(counts_are_those_of_the_records);
	ADD_ROWS(checks_records, records);
	ADD(takes_one_opt_only);
	ADD(joins_the_two_parts_of_the_rcode);
	ADD(keeps_few_extended_errors);
}
