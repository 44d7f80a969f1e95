/* Loopback addresses and the UDP sockets on them. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

union dns_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* The size that the socket calls want for the address's family. */
socklen_t dns_address_size(const union dns_address *address);

/* The port of an address, 0..65535. */
unsigned dns_address_port(const union dns_address *address);

/*
 * Read a loopback address: 127.0.0.0/8, or ::1 with or without brackets. False for any other text;
 * *ret_address is then undefined. The port is 0.
 */
bool dns_address_parse(const char *text, union dns_address *ret_address);

/*
 * Open a non-blocking UDP socket with large buffers on the address, with this port; 0: any free
 * one. Returns the socket, which the caller owns, or -1 with errno.
 */
int dns_socket_open(union dns_address address, unsigned port);
