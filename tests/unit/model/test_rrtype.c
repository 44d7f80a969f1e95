/* Types of records and their names. */
#include "../unit.h"

#include "model/rrtype.h"

static const struct {
	const char *text;
	int want; /* -1: refused */
} rows[] = {{"A", 1}, {"aaaa", 28}, {"Https", 65}, {"CAA", 257}, {"DLV", 32769}, {"TYPE1", 1},
    {"type65535", 65535}, {"TYPE65536", -1}, {"TYPE", -1}, {"TYPE-1", -1}, {"TYPE1x", -1},
    {"TYPE000001", -1}, {"", -1}, {"AA", -1}, {"1", -1}};

TEST(parses)
{
	uint16_t type = 0;
	bool is_good = dns_type_parse(rows[_i].text, strlen(rows[_i].text), &type);

	ck_assert_msg(is_good == (rows[_i].want >= 0), "%s", rows[_i].text);
	if (is_good)
		ck_assert_int_eq(type, rows[_i].want);
}

TEST(every_type_reads_back)
{
	char text[DNS_TYPE_TEXT_SIZE];

	for (unsigned type = 0; type <= UINT16_MAX; type++) {
		uint16_t back = 0;
		dns_type_format((uint16_t)type, text);
		ck_assert_msg(
		    dns_type_parse(text, strlen(text), &back) && back == type, "%s", text);
	}
}

TEST(knows_what_can_be_asked)
{
	ck_assert(dns_type_is_askable(1));
	ck_assert(dns_type_is_askable(255));
	ck_assert(dns_type_is_askable(65280));
	ck_assert(!dns_type_is_askable(0));
	ck_assert(!dns_type_is_askable(41));
	ck_assert(!dns_type_is_askable(252));
}

SUITE(rrtype)
{
	ADD_ROWS(parses, rows);
	ADD(every_type_reads_back);
	ADD(knows_what_can_be_asked);
}
