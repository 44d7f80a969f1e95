/* Builds messages. */
#include "packet.h"

#include <check.h>
#include <string.h>

void packet_u8(struct packet *p, unsigned value)
{
	ck_assert_uint_lt(p->len, sizeof(p->bytes));
	p->bytes[p->len++] = (uint8_t)value;
}

void packet_u16(struct packet *p, unsigned value)
{
	packet_u8(p, value >> 8 & 255);
	packet_u8(p, value & 255);
}

void packet_u32(struct packet *p, uint32_t value)
{
	packet_u16(p, value >> 16);
	packet_u16(p, value & 0xffff);
}

struct dns_name packet_wire(const char *text)
{
	struct dns_name name;

	ck_assert_msg(dns_name_from_text(text, strlen(text), &name), "%s", text);
	return name;
}

static void add(struct packet *p, const void *bytes, size_t n)
{
	ck_assert_uint_le(p->len + n, sizeof(p->bytes));
	memcpy(p->bytes + p->len, bytes, n);
	p->len += n;
}

void packet_name(struct packet *p, const char *text)
{
	if (*text == '\0')
		return;
	struct dns_name name = packet_wire(text);
	add(p, name.bytes, name.len);
}

void packet_pointer(struct packet *p, size_t target)
{
	packet_u16(p, 0xc000U | (unsigned)target);
}

void packet_begin(struct packet *p, uint16_t id, uint16_t flags, const char *name, uint16_t type)
{
	p->len = 0;
	packet_u16(p, id);
	packet_u16(p, flags);
	packet_u16(p, 1);
	for (int i = 0; i < 3; i++)
		packet_u16(p, 0);
	packet_name(p, name);
	packet_u16(p, type);
	packet_u16(p, DNS_CLASS_IN);
}

void packet_record(struct packet *p, enum dns_section section, const char *owner, uint16_t type,
    uint32_t ttl, const void *rdata, size_t n_rdata)
{
	uint8_t *count = p->bytes + 6 + 2 * section;

	if (++count[1] == 0)
		count[0]++;
	if (strcmp(owner, "@") == 0)
		packet_pointer(p, DNS_HEADER_SIZE);
	else
		packet_name(p, owner);
	packet_u16(p, type);
	packet_u16(p, type == DNS_OPT ? 1232 : DNS_CLASS_IN);
	packet_u32(p, ttl);
	packet_u16(p, (unsigned)n_rdata);
	add(p, rdata, n_rdata);
}

void packet_a(struct packet *p, const char *owner, uint32_t ttl, uint32_t address)
{
	uint8_t bytes[4] = {(uint8_t)(address >> 24), (uint8_t)(address >> 16),
	    (uint8_t)(address >> 8), (uint8_t)address};

	packet_record(p, DNS_ANSWER, owner, DNS_A, ttl, bytes, 4);
}

void packet_cname(struct packet *p, const char *owner, uint32_t ttl, const char *target)
{
	struct dns_name name = packet_wire(target);

	packet_record(p, DNS_ANSWER, owner, DNS_CNAME, ttl, name.bytes, name.len);
}

void packet_soa(struct packet *p, const char *owner, uint32_t ttl, uint32_t minimum)
{
	uint8_t rdata[22] = {0};

	for (int i = 0; i < 4; i++)
		rdata[18 + i] = (uint8_t)(minimum >> (24 - 8 * i));
	packet_record(p, DNS_AUTHORITY, owner, DNS_SOA, ttl, rdata, sizeof(rdata));
}
