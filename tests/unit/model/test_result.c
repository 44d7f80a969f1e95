/* Names of outcomes, addresses and end points in text, evidence. */
#include "../unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "model/result.h"

enum { DEFAULT_PORT = 53 };

static const struct {
	const char *name, *text, *want; /* want: as endpoint_format writes it; NULL: refused */
} endpoints[] = {
    {"empty", "", NULL},
    {"a name", "localhost", NULL},
    {"a name and port", "localhost:53", NULL},
    {"three numbers", "192.0.2", NULL},
    {"a number", "3221225985", NULL},
    {"leading zero", "192.0.02.1", NULL},
    {"a space", "192.0.2.1 ", NULL},
    {"no port behind the colon", "192.0.2.1:", NULL},
    {"port too high", "192.0.2.1:65536", NULL},
    {"port is no number", "192.0.2.1:dns", NULL},
    {"port below nothing", "192.0.2.1:-1", NULL},
    {"port twice", "192.0.2.1:53:53", NULL},
    {"only a port", ":53", NULL},
    {"brackets around nothing", "[]:53", NULL},
    {"bracket not closed", "[2001:db8::1", NULL},
    {"bracket not opened", "2001:db8::1]:53", NULL},
    {"text behind the bracket", "[2001:db8::1]53", NULL},
    {"no port behind bracket and colon", "[2001:db8::1]:", NULL},
    {"IPv4 in brackets", "[192.0.2.1]:53", NULL},
    {"a zone", "fe80::1%lo", NULL},
    {"two runs of zeroes", "2001::db8::1", NULL},
    {"very long", "2001:0db8:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001",
	NULL},
    {"IPv4", "192.0.2.1", "192.0.2.1:53"},
    {"IPv4 and port", "192.0.2.1:5353", "192.0.2.1:5353"},
    {"highest port", "192.0.2.1:65535", "192.0.2.1:65535"},
    {"IPv6", "2001:db8::1", "[2001:db8::1]:53"},
    {"IPv6 in brackets", "[2001:db8::1]", "[2001:db8::1]:53"},
    {"IPv6 and port", "[2001:db8::1]:5353", "[2001:db8::1]:5353"},
    {"IPv6 in long form", "2001:0DB8:0000:0000:0000:0000:0000:0001", "[2001:db8::1]:53"},
    {"no address", "::", "[::]:53"},
    {"IPv4 in IPv6", "::ffff:192.0.2.1", "[::ffff:192.0.2.1]:53"},
    {"the longest", "[2001:db8:1111:2222:3333:4444:5555:6666]:65535",
	"[2001:db8:1111:2222:3333:4444:5555:6666]:65535"},
};

TEST(reads_and_writes_endpoints)
{
	struct endpoint e = {.port = 4711};
	char text[ENDPOINT_TEXT_SIZE];
	bool is_good = endpoint_parse(endpoints[_i].text, DEFAULT_PORT, &e);

	ck_assert_msg(is_good == (endpoints[_i].want != NULL), "%s", endpoints[_i].name);
	if (!is_good) {
		ck_assert_int_eq(e.port, 4711);
		return;
	}
	endpoint_format(&e, text);
	ck_row_str(endpoints[_i].name, text, endpoints[_i].want);
	struct endpoint again;
	ck_assert(endpoint_parse(text, 1, &again));
	ck_assert_mem_eq(&again.address, &e.address, sizeof(e.address));
	ck_assert_int_eq(again.port, e.port);
}

TEST(fills_socket_addresses)
{
	struct endpoint e;
	struct sockaddr_storage storage;
	char text[INET6_ADDRSTRLEN];

	memset(&storage, 0xff, sizeof(storage));
	ck_assert(endpoint_parse("192.0.2.1:5353", DEFAULT_PORT, &e));
	ck_assert_uint_eq(endpoint_to_sockaddr(&e, &storage), sizeof(struct sockaddr_in));
	const struct sockaddr_in *in = (const struct sockaddr_in *)&storage;
	ck_assert_int_eq(in->sin_family, AF_INET);
	ck_assert_int_eq(ntohs(in->sin_port), 5353);
	ck_assert_str_eq(inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text)), "192.0.2.1");

	memset(&storage, 0xff, sizeof(storage));
	ck_assert(endpoint_parse("[2001:db8::1]:5353", DEFAULT_PORT, &e));
	ck_assert_uint_eq(endpoint_to_sockaddr(&e, &storage), sizeof(struct sockaddr_in6));
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&storage;
	ck_assert_int_eq(in6->sin6_family, AF_INET6);
	ck_assert_int_eq(ntohs(in6->sin6_port), 5353);
	ck_assert_uint_eq(in6->sin6_scope_id, 0);
	ck_assert_str_eq(inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text)), "2001:db8::1");
}

TEST(the_last_evidence_is_kept)
{
	struct result r = {0};

	for (int i = 1; i <= RESULT_MAX_EVIDENCE + 3; i++) {
		struct evidence e = {.rtt = i};
		result_add_evidence(&r, &e);
		ck_assert_int_eq(r.evidence[r.n_evidence - 1].rtt, i);
		ck_assert_uint_le(r.n_evidence, RESULT_MAX_EVIDENCE);
	}
	ck_assert_uint_eq(r.n_evidence, RESULT_MAX_EVIDENCE);
	ck_assert_int_eq(r.evidence[0].rtt, 1);
}

TEST(names_of_statuses_read_back)
{
	enum item_status s = ITEM_ERROR;

	ck_assert(!item_status_parse("", &s));
	ck_assert(!item_status_parse("Found", &s));
	ck_assert(!item_status_parse("foundling", &s));
	ck_assert_int_eq(s, ITEM_ERROR);
	for (int i = 0; i < ITEM_N_STATUSES; i++) {
		ck_assert(item_status_parse(item_status_name((enum item_status)i), &s));
		ck_assert_int_eq((int)s, i);
	}
}

/* The contract's words in the order of the store's format, which must not change. */
TEST(words_keep_their_numbers)
{
	static const char *const reasons[] = {"nxdomain", "no_address", "timeout", "servfail",
	    "refused", "truncated", "malformed", "invalid_name", "no_resolver", "wildcard",
	    "policy", "cancelled", "internal"};
	static const char *const rcodes[] = {"NOERROR", "NODATA", "NXDOMAIN", "SERVFAIL", "REFUSED",
	    "TIMEOUT", "TRUNCATED", "MALFORMED"};
	static const char *const statuses[] = {"found", "not_found", "error"};

	ck_assert_ptr_null(reason_name(REASON_NONE));
	for (size_t i = 0; i < N_ROWS(reasons); i++)
		ck_assert_str_eq(reason_name((enum reason)(i + 1)), reasons[i]);
	ck_assert_uint_ge(N_REASONS, N_ROWS(reasons) + 1);
	for (size_t i = 0; i < N_ROWS(rcodes); i++)
		ck_assert_str_eq(rcode_name((enum rcode)i), rcodes[i]);
	for (size_t i = 0; i < N_ROWS(statuses); i++)
		ck_assert_str_eq(item_status_name((enum item_status)i), statuses[i]);
}

SUITE(result)
{
	ADD_ROWS(reads_and_writes_endpoints, endpoints);
	ADD(fills_socket_addresses);
	ADD(the_last_evidence_is_kept);
	ADD(names_of_statuses_read_back);
	ADD(words_keep_their_numbers);
}
