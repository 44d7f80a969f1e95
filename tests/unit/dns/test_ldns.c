/* ldns is the judge: random records of every type with a text form of its own are read by both, and
 * what we print, read by ldns, makes the same octets again. */
#include "../unit.h"

#include <ldns/ldns.h>
#include <stdlib.h>

#include "dns/answer.h"
#include "dns/query.h"
#include "dns/rdata.h"
#include "model/rrtype.h"
#include "packet.h"

enum { N_MESSAGES = 3000 };

static unsigned seed;

static unsigned draw(unsigned below)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 8) % below;
}

static void add_bytes(struct packet *p, size_t n, unsigned below)
{
	for (; n > 0; n--)
		packet_u8(p, draw(below));
}

/* A name in lower case, as it is printed; now and then with odd octets. */
static void add_name(struct packet *p)
{
	for (unsigned n = draw(4); n > 0; n--) {
		unsigned len = 1 + draw(12);
		packet_u8(p, len);
		for (; len > 0; len--) {
			unsigned c = draw(8) == 0 ? draw(256) : 'a' + draw(26);
			packet_u8(p, c >= 'A' && c <= 'Z' ? c | 0x20 : c);
		}
	}
	packet_u8(p, 0);
}

static void add_string(struct packet *p)
{
	unsigned n = draw(20);

	packet_u8(p, n);
	add_bytes(p, n, 256);
}

static void add_bitmap(struct packet *p)
{
	packet_u8(p, 0);
	packet_u8(p, 4);
	for (int i = 0; i < 3; i++)
		packet_u8(p, draw(256) & 0x7e); /* no TYPE0 */
	packet_u8(p, 0x80);
}

/* Keys that ldns 1.8.3 prints and reads in the form of RFC 9460. */
static void add_svcb(struct packet *p)
{
	static const char alpn[] = "\0\1\0\6\2h2\2h3", port[] = "\0\3\0\2\1\273",
			  hints[] = "\0\4\0\10\1\2\3\4\5\6\7\10";

	if (draw(2) != 0) {
		for (size_t i = 0; i < sizeof(alpn) - 1; i++)
			packet_u8(p, (uint8_t)alpn[i]);
	}
	if (draw(2) != 0) {
		for (size_t i = 0; i < sizeof(port) - 1; i++)
			packet_u8(p, (uint8_t)port[i]);
	}
	if (draw(2) != 0) {
		for (size_t i = 0; i < sizeof(hints) - 1; i++)
			packet_u8(p, (uint8_t)hints[i]);
	}
}

static void add_tag(struct packet *p)
{
	unsigned n = 1 + draw(10);

	packet_u8(p, n);
	for (; n > 0; n--)
		packet_u8(p, 'a' + draw(26));
}

static void add_field(struct packet *p, char field)
{
	unsigned n;

	switch (field) {
	case 'n':
		add_name(p);
		break;
	case '1':
	case '2':
	case '4':
		add_bytes(p, (size_t)(field - '0'), 256);
		break;
	case 'a':
		add_bytes(p, 4, 256);
		break;
	case 'A':
		add_bytes(p, 16, 256);
		break;
	case 's':
		add_string(p);
		break;
	case 'S':
		for (n = 1 + draw(3); n > 0; n--)
			add_string(p);
		break;
	case 'q':
	case 'h':
	case 'b':
		add_bytes(p, 1 + draw(40), 256);
		break;
	case 'x':
	case 'H':
		n = field == 'H' ? 20 : draw(8);
		packet_u8(p, n);
		add_bytes(p, n, 256);
		break;
	case 'g':
		add_tag(p);
		break;
	case 't':
		packet_u16(p, 1 + draw(18));
		break;
	case 'T':
		add_bitmap(p);
		break;
	case 'D':
		packet_u32(p, draw(0x7fff) << 16);
		break;
	case 'E':
		add_bytes(p, 6, 256);
		break;
	default:
		add_svcb(p);
	}
}

static bool is_judged(uint16_t type)
{
	/* CERT has mnemonics in ldns, X25 and GPOS allow few characters, EUI64 and ISDN have fixed
	 * forms, and the last are not known to it */
	static const uint16_t others[] = {19, 20, 23, 25, 27, 37, 53, 56, 57, 58, 61, 63, 99, 105,
	    106, 107, 109, 256, 258, 32768, 32769};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (type == others[i])
			return false;
	}
	return dns_type_fields(type) != NULL;
}

/* Fill a record of the type and set its length. */
static void add_record(struct packet *p, uint16_t type)
{
	packet_record(p, DNS_ANSWER, "@", type, draw(100000), "", 0);
	size_t start = p->len;
	for (const char *field = dns_type_fields(type); *field != '\0'; field++)
		add_field(p, *field);
	p->bytes[start - 2] = (uint8_t)((p->len - start) >> 8);
	p->bytes[start - 1] = (uint8_t)(p->len - start);
}

/* Print the record, let ldns read that, and compare its octets with the record's. */
static void judge_record(const struct dns_message *m, const struct dns_record *r)
{
	char type[DNS_TYPE_TEXT_SIZE];
	struct buf line;
	ldns_rr *rr = NULL;
	uint8_t *wire = NULL;
	size_t n_wire = 0;

	dns_type_format(r->type, type);
	buf_init(&line, 100000);
	buf_addf(&line, "www.example. %u IN %s ", r->ttl, type);
	dns_rdata_format(m, r, &line);
	ck_assert_msg(strstr(line.data, "\\# ") == NULL, "%s", line.data);
	ldns_status status = ldns_rr_new_frm_str(&rr, line.data, 0, NULL, NULL);
	ck_assert_msg(
	    status == LDNS_STATUS_OK, "%s: %s", ldns_get_errorstr_by_id(status), line.data);
	ck_assert_int_eq(ldns_rr2wire(&wire, rr, LDNS_SECTION_ANSWER, &n_wire), LDNS_STATUS_OK);
	ck_assert_msg(n_wire >= r->n_rdata &&
			  memcmp(wire + n_wire - r->n_rdata, m->bytes + r->rdata, r->n_rdata) == 0,
	    "%s", line.data);
	LDNS_FREE(wire);
	ldns_rr_free(rr);
	buf_done(&line);
}

TEST(prints_what_ldns_reads_back)
{
	static struct packet p;
	struct dns_message m;
	struct dns_record r = {0};

	for (unsigned i = 0; i < N_MESSAGES; i++) {
		uint16_t type = 0;
		seed = i;
		while (!is_judged(type))
			type = (uint16_t)draw(260);
		packet_begin(&p, 1, 0x8180, "www.example", type);
		for (unsigned n = 1 + draw(3); n > 0; n--)
			add_record(&p, type);
		ck_assert(dns_message_parse(p.bytes, p.len, &m));
		size_t at = m.at[DNS_ANSWER];
		for (unsigned n = 0; n < m.n_records[DNS_ANSWER]; n++) {
			dns_message_record(&m, &at, &r);
			judge_record(&m, &r);
		}
	}
}

/* The other way: records that ldns made from text, compressed by it, are printed alike. */
static const struct {
	const char *line, *want; /* NULL: as ldns prints it */
} lines[] = {
    {"www.example. 300 IN MX 10 mail.www.example.", NULL},
    {"www.example. 300 IN SOA ns.www.example. host\\.master.example. 1 2 3 4 4294967295", NULL},
    {"www.example. 300 IN SRV 1 2 3 target.example.", NULL},
    {"www.example. 300 IN NAPTR 100 50 \"s\" \"z3950+I2L+I2C\" \"\" _z3950._tcp.example.", NULL},
    {"www.example. 300 IN TXT \"v=spf1 -all\" \"a\\\"b\\\\c\\000\"", NULL},
    {"www.example. 300 IN CAA 0 issuewild \";\"", NULL},
    {"www.example. 300 IN DS 60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118", NULL},
    {"www.example. 300 IN SSHFP 4 2 "
     "123456789abcdef67890123456789abcdef67890123456789abcdef123456789",
	NULL},
    {"www.example. 300 IN DNSKEY 256 3 5 AQPSKmynfzW4kyBv015MUG2DeIQ3", NULL},
    {"www.example. 300 IN TYPE65280 \\# 3 abcdef", NULL},
    {"www.example. 300 IN NSEC3PARAM 1 0 10 ab", NULL},
    {"www.example. 300 IN TLSA 3 1 1 "
     "d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971",
	NULL},
    {"www.example. 300 IN HINFO \"PC\" \"Linux 6\"", NULL},
    {"www.example. 300 IN HTTPS 1 . alpn=h2,h3 ipv6hint=2001:db8::1",
	"1 . alpn=\"h2,h3\" ipv6hint=2001:db8::1"},
};

TEST(prints_as_ldns_does)
{
	ldns_rr *rr = NULL;
	uint8_t *wire = NULL;
	size_t n_wire = 0;
	struct dns_message m;
	struct dns_record r = {0};
	struct buf b;

	ck_assert_msg(ldns_rr_new_frm_str(&rr, lines[_i].line, 0, NULL, NULL) == LDNS_STATUS_OK,
	    "%s", lines[_i].line);
	ldns_pkt *pkt = ldns_pkt_query_new(
	    ldns_dname_new_frm_str("www.example."), ldns_rr_get_type(rr), LDNS_RR_CLASS_IN, 0);
	ldns_pkt_set_qr(pkt, true);
	ldns_pkt_push_rr(pkt, LDNS_SECTION_ANSWER, rr);
	ck_assert_int_eq(ldns_pkt2wire(&wire, pkt, &n_wire), LDNS_STATUS_OK);
	ck_assert(dns_message_parse(wire, n_wire, &m));
	size_t at = m.at[DNS_ANSWER];
	dns_message_record(&m, &at, &r);
	buf_init(&b, 10000);
	dns_rdata_format(&m, &r, &b);
	const char *text = lines[_i].line;
	for (int i = 0; i < 4; i++)
		text = strchr(text, ' ') + 1;
	ck_row_str(lines[_i].line, b.data, lines[_i].want != NULL ? lines[_i].want : text);
	buf_done(&b);
	LDNS_FREE(wire);
	ldns_pkt_free(pkt);
}

/* ldns reads our questions as we meant them. */
TEST(asks_what_ldns_reads)
{
	struct dns_name name = packet_wire("A\\.b.www.example");
	uint8_t bytes[DNS_QUERY_MAX], cookie[8] = "12345678";
	struct dns_query q = {.name = &name,
	    .type = 257,
	    .id = 4242,
	    .flags = DNS_FLAG_RD,
	    .has_edns = true,
	    .cookie = cookie,
	    .n_cookie = 8};
	size_t end, len = dns_query_write(&q, bytes, &end);
	ldns_pkt *pkt = NULL;

	ck_assert_int_eq(ldns_wire2pkt(&pkt, bytes, len), LDNS_STATUS_OK);
	ck_assert_uint_eq(ldns_pkt_id(pkt), 4242);
	ck_assert(ldns_pkt_rd(pkt) && !ldns_pkt_qr(pkt) && ldns_pkt_edns(pkt));
	ck_assert_uint_eq(ldns_pkt_edns_udp_size(pkt), 1232);
	ldns_rr *question = ldns_rr_list_rr(ldns_pkt_question(pkt), 0);
	ck_assert_int_eq(ldns_rr_get_type(question), LDNS_RR_TYPE_CAA);
	char *text = ldns_rdf2str(ldns_rr_owner(question));
	ck_assert_str_eq(text, "A\\.b.www.example.");
	LDNS_FREE(text);
	ldns_pkt_free(pkt);
}

SUITE(ldns)
{
	ADD(prints_what_ldns_reads_back);
	ADD_ROWS(prints_as_ldns_does, lines);
	ADD(asks_what_ldns_reads);
}
