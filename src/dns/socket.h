/* What sockets and the engine have to tell each other. Inside the engine. Thread: loop. */
#pragma once

#include "dns/asks.h"
#include "loop/loop.h"

struct dns_engine;
struct server;

enum transport { BY_UDP, BY_UDP_CUT /* it had more octets than fit */, BY_TCP, BY_CARRIER };

/* What sockets tell of. They know nothing of lookups: the engine says who hears it. */
struct socket_calls {
	/* The server sent a packet; `table` has what was asked on this socket. */
	void (*on_packet)(struct server *s, struct asks *table, const uint8_t *packet, size_t len,
	    enum transport transport, usec_t now);
	/* The server's port is closed. */
	void (*on_refused)(struct server *s, struct asks *table, usec_t now);
	/* The TCP connection that the ask was on is gone. */
	void (*on_disconnect)(struct ask *ask, bool may_reconnect, usec_t now);
	/* All that was there has been told. */
	void (*on_turn)(struct dns_engine *engine);
};

/* A connected UDP socket. */
struct port {
	TAILQ_ENTRY(port) link;
	struct server *server; /* borrowed */
	int fd;                /* owned */
	struct watch watch;
	struct asks asks;
	size_t window;
	uint32_t n_sent;
	usec_t opened_at;
};

TAILQ_HEAD(port_list, port);
