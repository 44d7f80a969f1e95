/*
 * Nothing but loopback passes dns_address_parse(), and no other code makes an address to listen on.
 */
#include "dns_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SOCKET_BUFFER_BYTES = 16 << 20 };

socklen_t dns_address_size(const union dns_address *address)
{
	return address->any.sa_family == AF_INET ? sizeof(address->v4) : sizeof(address->v6);
}

unsigned dns_address_port(const union dns_address *address)
{
	bool is_v4 = address->any.sa_family == AF_INET;

	return ntohs(is_v4 ? address->v4.sin_port : address->v6.sin6_port);
}

bool dns_address_parse(const char *text, union dns_address *ret_address)
{
	union dns_address *address = ret_address;
	char bare[INET6_ADDRSTRLEN];
	size_t n = strlen(text);
	bool is_bracketed = n >= 2 && text[0] == '[' && text[n - 1] == ']';

	if (n >= sizeof(bare))
		return false;
	snprintf(bare, sizeof(bare), "%.*s", (int)(is_bracketed ? n - 2 : n), text + is_bracketed);
	memset(address, 0, sizeof(*address));
	if (!is_bracketed && inet_pton(AF_INET, bare, &address->v4.sin_addr) == 1) {
		address->v4.sin_family = AF_INET;
		return ntohl(address->v4.sin_addr.s_addr) >> 24 == 127;
	}
	if (inet_pton(AF_INET6, bare, &address->v6.sin6_addr) != 1)
		return false;
	address->v6.sin6_family = AF_INET6;
	return IN6_IS_ADDR_LOOPBACK(&address->v6.sin6_addr);
}

/* The forced forms need privileges; the others are cut to the system's limit. */
static void enlarge_buffers(int fd)
{
	int size = SOCKET_BUFFER_BYTES;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) != 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

int dns_socket_open(union dns_address address, unsigned port)
{
	int fd = socket(address.any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	enlarge_buffers(fd);
	if (address.any.sa_family == AF_INET)
		address.v4.sin_port = htons((uint16_t)port);
	else
		address.v6.sin6_port = htons((uint16_t)port);
	if (bind(fd, &address.any, dns_address_size(&address)) != 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}
