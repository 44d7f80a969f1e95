/* Builds messages a piece at a time, right and wrong ones. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "dns/message.h"

struct packet {
	uint8_t bytes[65535];
	size_t len;
};

/* Begin with a header and one question of class IN. */
void packet_begin(struct packet *p, uint16_t id, uint16_t flags, const char *name, uint16_t type);

void packet_u8(struct packet *p, unsigned value);
void packet_u16(struct packet *p, unsigned value);
void packet_u32(struct packet *p, uint32_t value);
void packet_name(struct packet *p, const char *text); /* uncompressed; "" writes nothing */
void packet_pointer(struct packet *p, size_t target);

/* Add a record and count it in the section. The owner's text may be "@": a pointer to the question.
 */
void packet_record(struct packet *p, enum dns_section section, const char *owner, uint16_t type,
    uint32_t ttl, const void *rdata, size_t n_rdata);
void packet_a(struct packet *p, const char *owner, uint32_t ttl, uint32_t address);
void packet_cname(struct packet *p, const char *owner, uint32_t ttl, const char *target);
void packet_soa(struct packet *p, const char *owner, uint32_t ttl, uint32_t minimum);

struct dns_name packet_wire(const char *text);
