/* What answers say about their question. */
#include "../unit.h"

#include "dns/answer.h"
#include "packet.h"

enum { RA = 0x8180, AA = 0x8500, PLAIN = 0x8100, NX = DNS_RCODE_NXDOMAIN };

/* A word for each record: a=OWNER (an A), c=OWNER>TARGET (a CNAME), aaaa=OWNER, d=OWNER (a DNAME
 * without its CNAME), s (an SOA of x), s=OWNER, n=OWNER (an NS in the authority section). */
static const struct {
	const char *what;
	uint16_t flags;
	const char *records;
	enum dns_outcome want;
	unsigned n_data, n_chain;
} rows[] = {
    {"data", RA, "a=q", DNS_DATA, 1, 0},
    {"much data", RA, "a=q a=q a=Q", DNS_DATA, 3, 0},
    {"data of another name", RA, "a=other", DNS_LAME, 0, 0},
    {"data of another name beside its own", RA, "a=other a=q", DNS_DATA, 1, 0},
    {"data of the parent", RA, "a=x", DNS_LAME, 0, 0},
    {"data of another type", RA, "aaaa=q", DNS_LAME, 0, 0},
    {"a chain", RA, "c=q>b c=b>d a=d", DNS_DATA, 1, 2},
    {"a chain in another order", RA, "a=d c=b>d c=q>b", DNS_DATA, 1, 2},
    {"a chain with data of another", RA, "c=q>b a=d", DNS_NODATA, 0, 1},
    {"a chain that nobody asked for", RA, "c=z>b a=b", DNS_LAME, 0, 0},
    {"a chain without end, recursed", RA, "c=q>b", DNS_NODATA, 0, 1},
    {"a chain without end, of an authority", AA, "c=q>b", DNS_LAME, 0, 1},
    {"a chain without end, with an SOA", AA, "c=q>b s", DNS_NODATA, 0, 1},
    {"a loop of one", RA, "c=q>q", DNS_MALFORMED, 0, 16},
    {"a loop of two", RA, "c=q>b c=b>q", DNS_MALFORMED, 0, 16},
    {"a loop with data beside it", RA, "c=q>b c=b>q a=d", DNS_MALFORMED, 0, 16},
    {"a DNAME without its CNAME", RA, "d=x", DNS_LAME, 0, 0},
    {"NODATA with an SOA", PLAIN, "s", DNS_NODATA, 0, 0},
    {"NODATA of a recursor", RA, "", DNS_NODATA, 0, 0},
    {"NODATA of an authority", AA, "", DNS_NODATA, 0, 0},
    {"nothing of anybody", PLAIN, "", DNS_LAME, 0, 0},
    {"a referral", PLAIN, "n=x", DNS_REFERRAL, 0, 0},
    {"a referral of a recursor", RA, "n=.", DNS_REFERRAL, 0, 0},
    {"NXDOMAIN", RA | NX, "s", DNS_NXDOMAIN, 0, 0},
    {"NXDOMAIN without an SOA", RA | NX, "", DNS_NXDOMAIN, 0, 0},
    {"NXDOMAIN of a chain's end", RA | NX, "c=q>b s", DNS_NXDOMAIN, 0, 1},
    {"NXDOMAIN with data", RA | NX, "a=q", DNS_MALFORMED, 1, 0},
    {"NXDOMAIN with data of another", RA | NX, "a=other", DNS_NXDOMAIN, 0, 0},
    {"SERVFAIL", RA | DNS_RCODE_SERVFAIL, "", DNS_FAILED, 0, 0},
    {"SERVFAIL with data", RA | DNS_RCODE_SERVFAIL, "a=q", DNS_FAILED, 0, 0},
    {"NOTIMP", RA | DNS_RCODE_NOTIMP, "", DNS_FAILED, 0, 0},
    {"truncated", RA | DNS_FLAG_TC, "a=q", DNS_TRUNCATED, 0, 0},
    {"truncated NXDOMAIN", RA | NX | DNS_FLAG_TC, "", DNS_TRUNCATED, 0, 0},
};

static const char *owner(char *text)
{
	return strcasecmp(text, "q") == 0 ? (text[0] == 'Q' ? "Q.X" : "q.x") : text;
}

static void add(struct packet *p, char *word)
{
	char *value = strchr(word, '='), *target;

	if (value != NULL)
		*value++ = '\0';
	if (strcmp(word, "a") == 0) {
		packet_a(p, owner(value), 300, 0x7f000001);
	} else if (strcmp(word, "aaaa") == 0) {
		packet_record(p, DNS_ANSWER, owner(value), DNS_AAAA, 300, "0123456789abcdef", 16);
	} else if (strcmp(word, "c") == 0) {
		target = strchr(value, '>');
		*target++ = '\0';
		packet_cname(p, owner(value), 200, owner(target));
	} else if (strcmp(word, "d") == 0) {
		packet_record(p, DNS_ANSWER, value, DNS_DNAME, 300, "\1y", 3);
	} else if (strcmp(word, "n") == 0) {
		packet_record(p, DNS_AUTHORITY, value, DNS_NS, 300, "\2ns", 4);
	} else {
		packet_soa(p, value != NULL ? value : "x", 100, 50);
	}
}

static void build(struct packet *p, uint16_t flags, const char *records)
{
	char words[200], *rest = words, *word;

	packet_begin(p, 1, flags, "q.x", DNS_A);
	snprintf(words, sizeof(words), "%s", records);
	while ((word = strsep(&rest, " ")) != NULL && *word != '\0')
		add(p, word);
}

TEST(judges)
{
	struct packet p;
	struct dns_message m;
	struct dns_answer a;

	build(&p, rows[_i].flags, rows[_i].records);
	ck_assert(dns_message_parse(p.bytes, p.len, &m));
	dns_answer_judge(&m, &a);
	ck_assert_msg(a.outcome == rows[_i].want, "%s: %d", rows[_i].what, a.outcome);
	ck_assert_msg(a.n_data == rows[_i].n_data, "%s: data %u", rows[_i].what, a.n_data);
	ck_assert_msg(a.n_chain == rows[_i].n_chain, "%s: chain %u", rows[_i].what, a.n_chain);
	struct dns_cursor cursor = {0};
	struct dns_record r;
	for (unsigned n = 0; n < a.n_data; n++)
		ck_assert(dns_answer_next(&a, &cursor, &r) && r.type == DNS_A);
	ck_assert(!dns_answer_next(&a, &cursor, &r));
}

/* What servers say that are asked as authorities of x. */
static const struct {
	const char *what;
	uint16_t flags;
	const char *records;
	enum dns_outcome want;
} authorities[] = {
    {"a referral", PLAIN, "n=q.x n=Q.X", DNS_REFERRAL},
    {"a referral to the root", PLAIN, "n=.", DNS_LAME},
    {"a referral to the zone itself", PLAIN, "n=x", DNS_LAME},
    {"a referral to another name", PLAIN, "n=other.x", DNS_LAME},
    {"a referral to a name below", PLAIN, "n=a.q.x", DNS_LAME},
    {"a referral to two names", PLAIN, "n=q.x n=x", DNS_LAME},
    {"a referral that is authoritative", AA, "n=q.x", DNS_LAME},
    {"data", AA, "a=q", DNS_DATA},
    {"data of a cache", RA, "a=q", DNS_LAME},
    {"data of another name", AA, "a=other", DNS_LAME},
    {"NODATA", AA, "s", DNS_NODATA},
    {"NODATA of the child", AA, "s=q.x", DNS_NODATA},
    {"NODATA of a zone above", AA, "s=.", DNS_LAME},
    {"NODATA of another zone", AA, "s=other", DNS_LAME},
    {"NODATA of nobody", AA, "", DNS_LAME},
    {"NODATA of a cache", RA, "s", DNS_LAME},
    {"NXDOMAIN", AA | NX, "s", DNS_NXDOMAIN},
    {"NXDOMAIN of a zone above", AA | NX, "s=.", DNS_LAME},
    {"NXDOMAIN of the child", AA | NX, "s=q.x", DNS_LAME},
    {"NXDOMAIN of nobody", AA | NX, "", DNS_LAME},
    {"NXDOMAIN of a cache", RA | NX, "s", DNS_LAME},
    {"an alias", AA, "c=q>b", DNS_NODATA},
    {"an alias with data", AA, "c=q>b a=b", DNS_NODATA},
    {"an alias of what does not exist", AA | NX, "c=q>b s", DNS_NODATA},
    {"an alias with a referral", AA, "c=q>b n=b", DNS_NODATA},
    {"an alias of a cache", RA, "c=q>b", DNS_LAME},
    {"an alias in a loop", AA, "c=q>q", DNS_MALFORMED},
    {"SERVFAIL", AA | DNS_RCODE_SERVFAIL, "s", DNS_FAILED},
    {"truncated", PLAIN | DNS_FLAG_TC, "n=q.x", DNS_TRUNCATED},
};

TEST(judges_authorities)
{
	enum { X = 3 }; /* octets of the zone's name */
	struct packet p;
	struct dns_message m;
	struct dns_answer a;

	build(&p, authorities[_i].flags, authorities[_i].records);
	ck_assert(dns_message_parse(p.bytes, p.len, &m));
	dns_answer_judge(&m, &a);
	dns_answer_judge_authority(&a, X);
	ck_assert_msg(a.outcome == authorities[_i].want, "%s: %d", authorities[_i].what, a.outcome);
}

static uint32_t ttl_of(struct packet *p)
{
	struct dns_message m;
	struct dns_answer a;

	ck_assert(dns_message_parse(p->bytes, p->len, &m));
	dns_answer_judge(&m, &a);
	return a.ttl;
}

TEST(takes_the_least_ttl_of_the_chain)
{
	struct packet p;

	packet_begin(&p, 1, RA, "q.x", DNS_A);
	packet_a(&p, "other", 1, 1);
	packet_cname(&p, "@", 200, "b");
	packet_a(&p, "b", 300, 1);
	packet_a(&p, "b", 100, 1);
	ck_assert_uint_eq(ttl_of(&p), 100);
	packet_begin(&p, 1, RA, "q.x", DNS_A);
	packet_a(&p, "@", 0x80000000, 1);
	ck_assert_uint_eq(ttl_of(&p), 0);
	packet_begin(&p, 1, RA | NX, "q.x", DNS_A);
	packet_soa(&p, "x", 100, 50);
	ck_assert_uint_eq(ttl_of(&p), 50);
	packet_begin(&p, 1, RA | NX, "q.x", DNS_A);
	packet_cname(&p, "@", 20, "b");
	packet_soa(&p, "x", 100, 50);
	ck_assert_uint_eq(ttl_of(&p), 20);
	packet_begin(&p, 1, RA, "q.x", DNS_A);
	ck_assert_uint_eq(ttl_of(&p), 0);
}

TEST(follows_sixteen_names_at_most)
{
	struct packet p;
	struct dns_message m;
	struct dns_answer a;

	for (int n = 15; n <= 17; n++) {
		char from[16] = "q.x", to[16];
		packet_begin(&p, 1, RA, "q.x", DNS_A);
		for (int i = 0; i < n; i++) {
			snprintf(to, sizeof(to), "n%d", i);
			packet_cname(&p, from, 60, to);
			memcpy(from, to, sizeof(from));
		}
		packet_a(&p, from, 60, 1);
		ck_assert(dns_message_parse(p.bytes, p.len, &m));
		dns_answer_judge(&m, &a);
		ck_assert_int_eq(a.outcome, n <= 16 ? DNS_DATA : DNS_MALFORMED);
	}
}

/* Names made to be slow to compare: thousands of CNAMEs whose owners go through long chains of
 * pointers (c-ares before 1.34.7 took its time). */
TEST(takes_little_time_for_any_message)
{
	static struct packet p;
	struct dns_message m;
	struct dns_answer a;

	packet_begin(&p, 1, RA, "q.x", DNS_A);
	packet_record(&p, DNS_ANSWER, "@", 65280, 0, "", 0);
	packet_u8(&p, 0);
	size_t chain = p.len;
	p.bytes[chain - 2] = 201; /* the rdata of that record holds a chain of pointers */
	for (int i = 0; i < 100; i++)
		packet_pointer(&p, p.len == chain ? 12 : p.len - 2);
	size_t last = p.len - 2;
	while (p.len < 60000) {
		packet_record(&p, DNS_ANSWER, "", DNS_CNAME, 0, "", 0);
		p.len -= 10;
		packet_pointer(&p, last);
		packet_u16(&p, DNS_A);
		packet_u16(&p, DNS_CLASS_IN);
		packet_u32(&p, 60);
		packet_u16(&p, 4);
		packet_u32(&p, 1);
	}
	ck_assert(dns_message_parse(p.bytes, p.len, &m));
	dns_answer_judge(&m, &a);
	ck_assert_int_eq(a.outcome, DNS_MALFORMED);
}

TEST(keeps_all_of_many_addresses)
{
	static struct packet p;
	struct dns_message m;
	struct dns_answer a;

	packet_begin(&p, 1, RA, "q.x", DNS_A);
	for (uint32_t i = 0; i < 4000; i++)
		packet_a(&p, "@", 60, i);
	ck_assert(dns_message_parse(p.bytes, p.len, &m));
	dns_answer_judge(&m, &a);
	ck_assert_int_eq(a.outcome, DNS_DATA);
	ck_assert_uint_eq(a.n_data, 4000);
}

TEST(names_rcodes)
{
	ck_assert_str_eq(dns_rcode_name(4), "NOTIMP");
	ck_assert_str_eq(dns_rcode_name(23), "BADCOOKIE");
	ck_assert_ptr_null(dns_rcode_name(12));
	ck_assert_ptr_null(dns_rcode_name(4095));
}

SUITE(answer)
{
	ADD_ROWS(judges, rows);
	ADD_ROWS(judges_authorities, authorities);
	ADD(takes_the_least_ttl_of_the_chain);
	ADD(follows_sixteen_names_at_most);
	ADD(takes_little_time_for_any_message);
	ADD(keeps_all_of_many_addresses);
	ADD(names_rcodes);
}
