/* Addresses and endpoints as values. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct address {
	uint8_t bytes[16]; /* network order; an IPv4 address uses the first four */
	bool is_v6;
};

/* Where a server listens. */
struct endpoint {
	struct address address;
	uint16_t port;  /* host order */
	uint32_t scope; /* index of the interface of a link-local address; 0: none */
};

enum { ADDRESS_TEXT_SIZE = 48, ENDPOINT_TEXT_SIZE = 72 };

/* Write the text form: RFC 5952 for IPv6; an endpoint is `192.0.2.1:53` or `[2001:db8::1]:53`,
 * or `[fe80::1%eth0]:53` with a scope. */
void address_format(const struct address *a, char ret_text[static ADDRESS_TEXT_SIZE]);
void endpoint_format(const struct endpoint *e, char ret_text[static ENDPOINT_TEXT_SIZE]);

/* Read `192.0.2.1`, `192.0.2.1:53`, `2001:db8::1` or `[2001:db8::1]:53`; `default_port` when none
 * is named. */
bool endpoint_parse(const char *text, uint16_t default_port, struct endpoint *ret_endpoint);

/* The same, and `fe80::1%eth0` with the name or the index of an interface. As in the C library the
 * scope is 0 when there is no such interface. */
bool endpoint_parse_scoped(const char *text, uint16_t default_port, struct endpoint *ret_endpoint);

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);

/* Fill a socket address; returns its length. */
socklen_t endpoint_to_sockaddr(const struct endpoint *e, struct sockaddr_storage *ret_address);

/* Read a socket address; false when it is neither IPv4 nor IPv6. */
bool endpoint_from_sockaddr(const struct sockaddr *from, struct endpoint *ret_endpoint);
