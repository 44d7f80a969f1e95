/* The door: who is connected, how many may be, and how long each may take. Inside the server.
 * Thread: loop. */
#pragma once

#include <microhttpd.h>
#include <sys/queue.h>

#include "base/metrics.h"
#include "loop/loop.h"
#include "model/result.h"

struct request;
struct server;

/* Why the server closed a connection, or did not take it. */
enum cut {
	CUT_GONE,        /* the client had closed before its request was whole, or left a stream */
	CUT_IDLE,        /* nothing was asked for too long */
	CUT_HEADER,      /* the header was not complete in time */
	CUT_BODY,        /* the body came too slowly */
	CUT_ANSWER,      /* the answer was taken too slowly, or not at all */
	CUT_PER_ADDRESS, /* too many from this address */
	CUT_CONNECTIONS, /* too many in all */
	N_CUTS
};

enum peer_phase {
	PEER_HEADER, /* of a new connection, or its next request has begun */
	PEER_IDLE,   /* between two requests, and nothing is on its way */
	PEER_BODY,   /* the header was read, the body is not whole */
	PEER_WORK,   /* the handler has the request */
	PEER_ANSWER, /* it is being sent */
	PEER_DRAIN   /* it was sent, and may still be on its way to the client */
};

/* The other end of a connection; lives from accept to close. */
struct peer {
	TAILQ_ENTRY(peer) link;
	struct server *server;
	int fd;                   /* borrowed from libmicrohttpd */
	void *tls;                /* its session, borrowed; NULL: in clear */
	struct endpoint endpoint; /* zero for a Unix socket */
	struct origin *origin; /* shared with the others of its address; NULL for a Unix socket */
	struct request *rq;    /* NULL between requests */
	enum peer_phase phase;
	usec_t since;      /* begin of the phase, or of the stretch of it that is measured now */
	uint64_t n_before; /* bytes moved up to then */
	bool is_measured;  /* ... are known */
	bool has_waited;   /* for us, since then */
	bool is_cut;
};

struct door {
	TAILQ_HEAD(, peer) peers;
	size_t n_peers, n_network; /* all; without those of Unix sockets */
	struct origin *origins;    /* hash by key; owned */
	struct timer sweep_timer;  /* set while there are peers */
	size_t n_sweeps;
	usec_t sweep_every, sweep_due;
	usec_t lost_time;      /* in which the loop was held up */
	struct pollfd *polled; /* owned; room for max_polled */
	size_t max_polled;
	unsigned n_lines; /* logged since the last sweep, and left out */
	struct metric_cell *cuts[N_CUTS];
};

/* Prepare the door of `server`, whose options are complete. */
void door_init(struct server *server);

/* The time-outs among the options of `server` have changed. */
void door_set_times(struct server *server);

/* Look at no connection any more; those that are left end with libmicrohttpd. */
void door_stop(struct server *server);

/* Free what is left when libmicrohttpd has closed all connections. */
void door_done(struct server *server);

/* libmicrohttpd's callbacks. */
enum MHD_Result door_on_accept(void *arg, const struct sockaddr *address, socklen_t len);
void door_on_connection(void *arg, struct MHD_Connection *connection, void **context,
    enum MHD_ConnectionNotificationCode code);

struct peer *peer_of(struct MHD_Connection *connection);

/* A connection goes over to a phase, with the request that it is about (NULL: none). */
void peer_enter(struct peer *peer, enum peer_phase phase, struct request *rq);
