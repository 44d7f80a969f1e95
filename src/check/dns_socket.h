/* The UDP socket of a library that doesn't show it: evdns makes one a server and connects it to
 * nobody. Private to this room. Thread: loop. */
#pragma once

#include <sys/socket.h>

struct loop;

/* Give the socket that was just made, found among what the loop watches as the one without a peer,
 * this `address` as its peer: from then on the kernel lets in nothing but what comes from that
 * address and port. Return 0, or the system's error number: ENOTSOCK when there is no such socket,
 * ENETUNREACH and others when there is no route. The socket stays the library's. */
int dns_socket_connect(struct loop *loop, const struct sockaddr *address, socklen_t len);
