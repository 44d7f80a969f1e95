/* Limits of connections and streams, in total and per client, and time-outs. Internal to the
 * server. Thread: loop. */
#pragma once

#include <sys/queue.h>
#include <uthash.h>

#include "base/metrics.h"
#include "http/connection.h"
#include "loop/loop.h"
#include "model/result.h"

struct request;
struct server;

/* Why the server closed a connection, or did not take it. */
enum cut {
	CUT_GONE,        /* the client had closed before its request was whole, or left a stream */
	CUT_IDLE,        /* idle for too long */
	CUT_HEADER,      /* the header was not complete in time */
	CUT_BODY,        /* the body came too slowly */
	CUT_ANSWER,      /* the answer was taken too slowly, or not at all */
	CUT_PER_ADDRESS, /* too many from this address */
	CUT_CROWDED,     /* an idle connection was closed for another client */
	N_CUTS
};

/* What one client uses: an address its connections and streams, a token its streams. An IPv4
 * address counts as one client, and so does an IPv6 /64, in which clients can choose their address
 * freely. */
struct share {
	size_t n_connections;
	size_t n_live, n_finite; /* streams: that wait for events, and that end by themselves */
	size_t n_users;          /* what points here */
	UT_hash_handle hh;
	char key[80]; /* the last member, of which the hash takes as much as is used */
};

struct door {
	TAILQ_HEAD(connections, connection) connections;
	size_t n_network, n_local; /* connections by TCP, and by Unix sockets */
	struct share *shares;      /* hash by key; owned */
	struct timer sweep_timer;  /* set while there are connections */
	usec_t sweep_every, sweep_due;
	usec_t lost_time; /* in which the loop was held up */
	unsigned n_lines; /* logged since the last sweep, and left out */
	struct metric_cell *cuts[N_CUTS];
};

/* Initialise the door of `server`, whose options are set. */
void door_init(struct server *server);

/* The time-outs among the options of `server` have changed. */
void door_set_times(struct server *server);

/* Sweep no more. */
void door_stop(struct server *server);

/* Find the share of an address, or of a token by its name, and count a user of it. */
struct share *door_share_address(struct server *server, const struct address *address);
struct share *door_share_token(struct server *server, const char *name);
void door_unshare(struct server *server, struct share *share); /* NULL is fine */

/* Whether one more connection from this address is allowed. May close an idle connection of the
 * address. */
bool door_admits(struct server *server, struct share *share, const struct endpoint *endpoint);

/* Whether the total limit of connections is reached (is_local: of Unix sockets). */
bool door_is_full(const struct server *server, bool is_local);

/* Close idle connections to free descriptors for one more that is served. */
void door_make_room(struct server *server);

/* Count a connection that begins or ends. */
void door_enter(struct server *server, struct connection *c);
void door_leave(struct server *server, struct connection *c);

/* Close a connection, count and log why. */
void door_cut(struct connection *c, enum cut why);

/* Begin to measure what the connection moves anew, from a count of bytes. */
void door_measure(struct connection *c, uint64_t n_bytes);
