/* A client's connection: what it sends goes through the strict reader and, in canonical form, on
 * to libmicrohttpd through a pair of sockets; what libmicrohttpd answers goes back.
 *
 *   client --> transport --> reader --> pipe --> libmicrohttpd --> request
 *   client <-- transport <------------- pipe <-- libmicrohttpd <-- request
 *
 * One request is under way at a time; those behind it wait unread. Bytes wait in at most one
 * buffer each way, and whoever fills it is not read from. Inside the server. Thread: loop. */
#pragma once

#include <sys/queue.h>

#include "http/pipe.h"
#include "http/reader.h"
#include "http/transport.h"
#include "loop/loop.h"
#include "model/result.h"

struct request;
struct server;
struct share;

enum connection_phase {
	PHASE_HEADER, /* of a new connection (with the handshake of TLS), or its next request has
			 begun */
	PHASE_IDLE,   /* between two requests, and nothing is on its way */
	PHASE_BODY,   /* the header was read, the body is not whole */
	PHASE_WORK,   /* the handler has the request */
	PHASE_ANSWER, /* it is being sent */
	PHASE_DRAIN,  /* it was sent, and may still be on its way to the client */
	PHASE_CLOSING /* the last answer was sent; what the client still sends is dropped */
};

struct connection {
	TAILQ_ENTRY(connection) link, completed_link;
	struct server *server;
	struct transport transport;
	struct watch readable, writable;
	struct endpoint endpoint; /* zero for a Unix socket */
	struct share *share;      /* of its address; NULL for a Unix socket */
	struct reader reader;
	struct buf in;      /* bytes that the reader has not taken */
	struct buf out;     /* bytes that the client has not taken */
	struct pipe *pipe;  /* owned; NULL: none was needed yet */
	struct request *rq; /* borrowed; NULL: libmicrohttpd has none of this client */
	void (*abandon)(struct request *rq); /* tells it that the client has gone */
	uint64_t n_body;                     /* bytes of the body that came */
	uint64_t n_sent;                     /* bytes given to the kernel, in all */
	unsigned n_matched; /* of the end of the head, in the answer to a HEAD request */
	bool is_under_way;  /* a head was passed on, and its answer is not complete */
	bool is_passed;     /* ... and so was all of its body */
	bool is_answering;  /* ... and bytes of its final answer went to the client */
	bool is_completed;  /* libmicrohttpd has written all of the answer into the pipe */
	bool is_broken;     /* ... or has given up before */
	bool is_ended;      /* the client sends no more */
	bool is_head, is_last, is_http_1_0; /* of the request under way: its method is HEAD; the
					       connection ends with it; its version */
	bool is_quiet;               /* the request waits for an event: its answer is a stream
					that has nothing to send, or comes after it */
	bool is_closed;              /* closed; freed in the next turn of the loop */
	struct defer again;          /* reading goes on in the next turn */
	bool is_reading, is_writing; /* the watches run */
	/* the deadlines, for the door: */
	enum connection_phase phase;
	usec_t since;      /* begin of the phase, or of the stretch of it that is measured now */
	uint64_t n_before; /* bytes moved up to then */
	bool is_measured;  /* ... are known */
	bool has_waited;   /* for us, since then */
};

/* Serve a client. Takes `fd`; counts it in `share` (NULL: none). */
void connection_open(struct server *server, int fd, const struct endpoint *endpoint,
    struct share *share, bool is_clear);

/* Close at once; what waits to be sent is lost. */
void connection_close(struct connection *c);

/* Answer the request under way, or the one that could not be read, with a problem document, and
 * close then. Where an answer has begun already the connection is just closed. The connection may
 * be freed. */
void connection_refuse(struct connection *c, int status, const char *detail);

/* Free the connections that were closed. */
void connections_reap(struct server *server);

/* Change the phase; the move must be a legal one. */
void connection_set_phase(struct connection *c, enum connection_phase phase);
/* Likewise, and measure its time and bytes from now on. */
void connection_enter(struct connection *c, enum connection_phase phase);

/* Send on what has come from libmicrohttpd, and go on with the next request when the answer is
 * complete. The connection may be freed. */
void connection_relay(struct connection *c);

/* libmicrohttpd has finished the request; `is_whole`: it has written the complete response. Called
 * within libmicrohttpd; connection_relay follows. */
void connection_complete(struct connection *c, bool is_whole);

/* Close the pair of sockets, which an idle connection does not need. */
void connection_rest(struct connection *c);
