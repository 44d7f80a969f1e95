/* A name server on a loopback socket, UDP and TCP on one port, that does what a test's function
 * says with each query. It runs in the loop of what it serves. Thread: loop. */
#pragma once

#include "loop/loop.h"
#include "model/address.h"
#include "packet.h"

struct script;

struct script_query {
	struct script *script;
	const uint8_t *bytes;
	size_t len;
	char name[DNS_NAME_MAX * 4 + 1]; /* as text, in lower case, without its final dot */
	uint16_t type;
	unsigned nth; /* how often the script was asked anything before, and 1 */
	bool has_edns;
	uint8_t n_cookie, cookie[DNS_COOKIE_MAX];
	struct sockaddr_in peer; /* of a query over UDP */
	void *connection;        /* NULL: UDP */
};

typedef void script_fn(const struct script_query *q, void *arg);

/* Bind a free port of 127.0.0.1 and serve. */
struct script *script_new(struct loop *loop, script_fn *on_query, void *arg);
void script_free(struct script *script);
struct endpoint script_endpoint(const struct script *script);
unsigned script_n_udp(const struct script *script);
unsigned script_n_tcp(const struct script *script);
unsigned script_n_connections(const struct script *script); /* so far */

/* Begin a response to the query: its id and question, and these flags beside QR. */
void script_begin(const struct script_query *q, struct packet *ret_packet, uint16_t flags);

/* Send the packet to whom the query came from, after `delay`. */
void script_send(const struct script_query *q, const struct packet *p, usec_t delay);
void script_send_twice(const struct script_query *q, const struct packet *p, usec_t delay);
/* From another port, as somebody does who can't see the query's socket. */
void script_send_from_elsewhere(const struct script_query *q, const struct packet *p);
void script_hang_up(const struct script_query *q); /* end the TCP connection */

/* The usual answers: an address (192.0.2.1, TTL 300), NXDOMAIN or NODATA with an SOA, an rcode, TC.
 */
void script_found(const struct script_query *q);
void script_nxdomain(const struct script_query *q);
void script_nodata(const struct script_query *q);
void script_rcode(const struct script_query *q, unsigned rcode);
void script_truncated(const struct script_query *q);

/* A port of 127.0.0.1 where nobody listens. */
struct endpoint script_closed_port(void);
