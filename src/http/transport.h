/* The bytes of a client's connection: a socket, in clear or through TLS. Nothing here blocks.
 * Thread: loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

struct ssl_st;
struct tls;

struct transport {
	int fd;             /* owned; does not block */
	struct ssl_st *ssl; /* owned; NULL: in clear */
	bool wants_write;   /* the last read stopped because TLS has to send something first */
};

/* What transport_read and transport_write return besides a number of bytes above 0. */
enum {
	TRANSPORT_END = 0,    /* read: the client sends no more */
	TRANSPORT_WAIT = -1,  /* nothing now; call again when the socket is ready */
	TRANSPORT_FAILED = -2 /* the connection is dead */
};

/* Take `fd`; with `tls` (NULL: in clear) the first reads do the handshake. False when there is no
 * memory for a session; then `fd` is closed. */
bool transport_init(struct transport *t, int fd, const struct tls *tls) MUST_CHECK;
void transport_done(struct transport *t); /* closes */

ssize_t transport_read(struct transport *t, void *bytes, size_t max);
ssize_t transport_write(struct transport *t, const void *bytes, size_t n_bytes);

/* Say that no more will be sent. */
void transport_shut(struct transport *t);

/* Have the kernel throw away what it has not sent when the connection is closed, and tell the
 * client that it was broken off. */
void transport_break(struct transport *t);
