/* Addresses and endpoints. */
#include "model/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

void address_format(const struct address *a, char ret_text[static ADDRESS_TEXT_SIZE])
{
	inet_ntop(a->is_v6 ? AF_INET6 : AF_INET, a->bytes, ret_text, ADDRESS_TEXT_SIZE);
}

void endpoint_format(const struct endpoint *e, char ret_text[static ENDPOINT_TEXT_SIZE])
{
	char address[ADDRESS_TEXT_SIZE], interface[IF_NAMESIZE] = "";

	address_format(&e->address, address);
	if (e->scope > 0 && if_indextoname(e->scope, interface) == NULL)
		snprintf(interface, sizeof(interface), "%u", e->scope);
	snprintf(ret_text, ENDPOINT_TEXT_SIZE, e->address.is_v6 ? "[%s%s%s]:%u" : "%s%s%s:%u",
	    address, e->scope > 0 ? "%" : "", interface, e->port);
}

static bool parse_address(const char *text, size_t len, struct address *ret_address)
{
	char copy[ADDRESS_TEXT_SIZE];
	struct address a = {.is_v6 = memchr(text, ':', len) != NULL};

	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (inet_pton(a.is_v6 ? AF_INET6 : AF_INET, copy, a.bytes) != 1)
		return false;
	*ret_address = a;
	return true;
}

bool endpoint_parse(const char *text, uint16_t default_port, struct endpoint *ret_endpoint)
{
	struct endpoint e = {.port = default_port};
	const char *colon = strchr(text, ':'), *address_end = text + strlen(text),
		   *port_text = NULL;

	if (text[0] == '[') {
		address_end = strchr(++text, ']');
		if (address_end == NULL || (address_end[1] != ':' && address_end[1] != '\0'))
			return false;
		port_text = address_end[1] == ':' ? address_end + 2 : NULL;
	} else if (colon != NULL && strchr(colon + 1, ':') == NULL) {
		address_end = colon;
		port_text = colon + 1;
	}
	if (port_text != NULL) {
		uint64_t port;
		if (str_to_u64(port_text, UINT16_MAX, &port) != OK)
			return false;
		e.port = (uint16_t)port;
	}
	if (!parse_address(text, (size_t)(address_end - text), &e.address) ||
	    (*address_end == ']' && !e.address.is_v6))
		return false;
	*ret_endpoint = e;
	return true;
}

static uint32_t find_scope(const char *name)
{
	uint64_t index;

	if (str_to_u64(name, UINT32_MAX, &index) == OK)
		return (uint32_t)index;
	return if_nametoindex(name);
}

bool endpoint_parse_scoped(const char *text, uint16_t default_port, struct endpoint *ret_endpoint)
{
	const char *percent = strchr(text, '%');
	char rest[ENDPOINT_TEXT_SIZE], scope[IF_NAMESIZE];
	size_t len = strlen(text), n = percent != NULL ? strcspn(percent + 1, "]") : 0;

	if (percent == NULL)
		return endpoint_parse(text, default_port, ret_endpoint);
	if (len >= sizeof(rest) || n == 0 || n >= sizeof(scope))
		return false;
	memcpy(scope, percent + 1, n);
	scope[n] = '\0';
	snprintf(rest, sizeof(rest), "%.*s%s", (int)(percent - text), text, percent + 1 + n);
	if (!endpoint_parse(rest, default_port, ret_endpoint) || !ret_endpoint->address.is_v6)
		return false;
	ret_endpoint->scope = find_scope(scope);
	return true;
}

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	size_t n = a->address.is_v6 ? 16 : 4;

	return a->address.is_v6 == b->address.is_v6 && a->port == b->port && a->scope == b->scope &&
	       memcmp(a->address.bytes, b->address.bytes, n) == 0;
}

socklen_t endpoint_to_sockaddr(const struct endpoint *e, struct sockaddr_storage *ret_address)
{
	memset(ret_address, 0, sizeof(*ret_address));
	if (e->address.is_v6) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret_address;
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(e->port);
		in6->sin6_scope_id = e->scope;
		memcpy(&in6->sin6_addr, e->address.bytes, 16);
		return sizeof(*in6);
	}
	struct sockaddr_in *in = (struct sockaddr_in *)ret_address;
	in->sin_family = AF_INET;
	in->sin_port = htons(e->port);
	memcpy(&in->sin_addr, e->address.bytes, 4);
	return sizeof(*in);
}

bool endpoint_from_sockaddr(const struct sockaddr *from, struct endpoint *ret_endpoint)
{
	struct endpoint e = {0};

	if (from->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)from;
		memcpy(e.address.bytes, &in->sin_addr, 4);
		e.port = ntohs(in->sin_port);
	} else if (from->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)(const void *)from;
		memcpy(e.address.bytes, &in->sin6_addr, 16);
		e.address.is_v6 = true;
		e.port = ntohs(in->sin6_port);
	} else {
		return false;
	}
	*ret_endpoint = e;
	return true;
}
