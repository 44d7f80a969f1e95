/* Reading a DNS message. */
#include "dns/message.h"

#include <string.h>

enum { RECORD_FIXED = 10, OPCODE_MASK = 0x7800 };
enum { OPTION_COOKIE = 10, OPTION_EDE = 15 };

static uint16_t get_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get_u32(const uint8_t *at)
{
	return (uint32_t)get_u16(at) << 16 | get_u16(at + 2);
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool is_same_but_case(const uint8_t *a, const uint8_t *b, size_t n_name)
{
	for (size_t i = 0; i < n_name; i++) {
		if (lower(a[i]) != lower(b[i]))
			return false;
	}
	return memcmp(a + n_name, b + n_name, 4) == 0;
}

enum dns_match dns_message_match(
    const uint8_t *packet, size_t len, uint16_t id, const uint8_t *question, size_t n_question)
{
	if (len < DNS_HEADER_SIZE || get_u16(packet) != id ||
	    (get_u16(packet + 2) & (DNS_FLAG_QR | OPCODE_MASK)) != DNS_FLAG_QR)
		return DNS_NO_MATCH;
	if (get_u16(packet + 4) == 0)
		return len == DNS_HEADER_SIZE && (packet[3] & 0x0f) != DNS_RCODE_NOERROR &&
			       (packet[3] & 0x0f) != DNS_RCODE_NXDOMAIN
			   ? DNS_MATCH_HEADER
			   : DNS_NO_MATCH;
	if (get_u16(packet + 4) != 1 || len < DNS_HEADER_SIZE + n_question)
		return DNS_NO_MATCH;
	packet += DNS_HEADER_SIZE;
	if (memcmp(packet, question, n_question) == 0)
		return DNS_MATCH;
	return is_same_but_case(packet, question, n_question - 4) ? DNS_MATCH_CASE : DNS_NO_MATCH;
}

void dns_message_record(const struct dns_message *m, size_t *at, struct dns_record *ret_record)
{
	struct dns_record r = {.owner = *at};

	if (!dns_name_read(m->bytes, m->len, at, NULL))
		return; /* it was read before */
	const uint8_t *fixed = m->bytes + *at;
	r.type = get_u16(fixed);
	r.class = get_u16(fixed + 2);
	r.ttl = get_u32(fixed + 4);
	r.ttl = r.ttl > INT32_MAX ? 0 : r.ttl;
	r.n_rdata = get_u16(fixed + 8);
	r.rdata = *at + RECORD_FIXED;
	*at = r.rdata + r.n_rdata;
	*ret_record = r;
}

/* A record that isn't as long as its type says would be read wrong later. */
static bool check_rdata(const struct dns_message *m, const struct dns_record *r)
{
	size_t at = r->rdata, end = r->rdata + r->n_rdata;

	if (r->class != DNS_CLASS_IN)
		return true;
	switch (r->type) {
	case DNS_A:
		return r->n_rdata == 4;
	case DNS_AAAA:
		return r->n_rdata == 16;
	case DNS_CNAME:
	case DNS_DNAME:
	case DNS_NS:
		return dns_name_read(m->bytes, end, &at, NULL) && at == end;
	case DNS_SOA:
		return dns_name_read(m->bytes, end, &at, NULL) &&
		       dns_name_read(m->bytes, end, &at, NULL) && at + 20 == end;
	default:
		return true;
	}
}

static void read_ede(struct dns_message *m, const uint8_t *at, uint16_t len)
{
	if (len >= 2 && m->n_ede < DNS_MAX_EDE)
		m->ede[m->n_ede++] = (struct dns_ede){
		    .code = get_u16(at), .n_text = (uint16_t)(len - 2), .text = at + 2};
}

/* RFC 7873 section 4: 8 octets, or 16 to 40. */
static bool read_cookie(struct dns_message *m, const uint8_t *at, uint16_t len)
{
	if (len != DNS_COOKIE_CLIENT && (len < 2 * DNS_COOKIE_CLIENT || len > DNS_COOKIE_MAX))
		return false;
	memcpy(m->cookie, at, len);
	m->n_cookie = (uint8_t)len;
	return true;
}

/* RFC 6891: one OPT, of the root, in the additional section. */
static bool read_opt(struct dns_message *m, const struct dns_record *r, uint32_t ttl)
{
	const uint8_t *at = m->bytes + r->rdata, *end = at + r->n_rdata;

	if (m->has_edns || m->bytes[r->owner] != 0)
		return false;
	m->has_edns = true;
	m->udp_size = r->class;
	m->rcode |= (uint16_t)(ttl >> 24 << 4);
	m->edns_version = (uint8_t)(ttl >> 16);
	while (at < end) {
		if (end - at < 4 || end - at - 4 < get_u16(at + 2))
			return false;
		uint16_t option = get_u16(at), n = get_u16(at + 2);
		at += 4;
		if (option == OPTION_COOKIE && !read_cookie(m, at, n))
			return false;
		if (option == OPTION_EDE)
			read_ede(m, at, n);
		at += n;
	}
	return true;
}

static void note_soa(struct dns_message *m, const struct dns_record *r)
{
	uint32_t minimum = get_u32(m->bytes + r->rdata + r->n_rdata - 4);

	minimum = minimum > INT32_MAX ? 0 : minimum;
	m->has_soa = true;
	m->soa_owner = r->owner;
	m->negative_ttl = r->ttl < minimum ? r->ttl : minimum;
}

static bool read_record(struct dns_message *m, size_t *at, enum dns_section section)
{
	size_t behind = *at;

	if (!dns_name_read(m->bytes, m->len, &behind, NULL) || m->len - behind < RECORD_FIXED ||
	    m->len - behind - RECORD_FIXED < get_u16(m->bytes + behind + 8))
		return false;
	struct dns_record r = {0};
	uint32_t raw_ttl = get_u32(m->bytes + behind + 4);
	dns_message_record(m, at, &r);
	if (r.type == DNS_OPT)
		return section == DNS_ADDITIONAL && read_opt(m, &r, raw_ttl);
	if (!check_rdata(m, &r))
		return false;
	if (section == DNS_AUTHORITY && r.class == DNS_CLASS_IN) {
		if (r.type == DNS_SOA && !m->has_soa)
			note_soa(m, &r);
		m->has_ns = m->has_ns || r.type == DNS_NS;
	}
	return true;
}

bool dns_message_parse(const uint8_t *packet, size_t len, struct dns_message *ret_message)
{
	struct dns_message *m = ret_message;
	size_t at = DNS_HEADER_SIZE;

	m->bytes = packet;
	m->len = len;
	m->has_edns = m->has_soa = m->has_ns = false;
	m->n_cookie = m->n_ede = m->edns_version = 0;
	m->udp_size = 0;
	m->negative_ttl = 0;
	m->soa_owner = 0;
	if (len < DNS_HEADER_SIZE || len > UINT16_MAX || get_u16(packet + 4) != 1)
		return false;
	m->id = get_u16(packet);
	m->flags = get_u16(packet + 2);
	m->rcode = m->flags & 0x0f;
	if (!dns_name_read(packet, len, &at, NULL) || len - at < 4)
		return false;
	m->qtype = get_u16(packet + at);
	m->qclass = get_u16(packet + at + 2);
	at += 4;
	for (int section = 0; section < DNS_N_SECTIONS; section++) {
		m->n_records[section] = get_u16(packet + 6 + 2 * section);
		m->at[section] = at;
		for (unsigned i = 0; i < m->n_records[section]; i++) {
			if (!read_record(m, &at, (enum dns_section)section))
				return false;
		}
	}
	return true;
}
