/* The HTTP server: libmicrohttpd on our loop, without a thread of its own. Thread: loop. */
#pragma once

#include "http/request.h"
#include "base/clock.h"
#include "base/err.h"
#include "model/result.h"

struct access;
struct loop;
struct server;
struct tls;

enum { SERVER_MAX_LISTENERS = 8 };

/* A passed listening stream socket, which the sender keeps open across restarts. */
struct server_socket {
	int fd;        /* taken */
	char name[64]; /* what the log calls it */
};

struct server_opts {
	/* when there are some, `listen` is passed over */
	struct server_socket passed[SERVER_MAX_LISTENERS];
	size_t n_passed;
	const char *listen[SERVER_MAX_LISTENERS]; /* `addr:port`, `[addr]:port`, `unix:/path`; port
						     0: a free one */
	size_t n_listen;
	uint64_t max_body;     /* bytes of any request body */
	const struct tls *tls; /* borrowed; spoken by TCP listeners; NULL: none is */
	unsigned unix_mode;    /* of Unix sockets; 0: 0660 */
	bool has_unix_group;
	gid_t unix_group; /* to which they are given then */
	/* 0 stands for the default in each of these: */
	unsigned max_connections; /* 4096; each Unix socket may have as many beside those */
	unsigned max_per_address; /* 1024 connections; Unix sockets don't count */
	unsigned max_streams;     /* 1024 that wait for events, and as many that end by themselves;
				     further ones are answered 503 */
	unsigned max_streams_per_client; /* 512 of each kind: of an address, and of a token */
	usec_t header_timeout;   /* 10 s from the first byte, or from the connection, to its end */
	usec_t idle_timeout;     /* 60 s from an answer to the next request */
	usec_t transfer_timeout; /* 30 s, over which a body or an answer has to move 1 KiB a
				    second */
	const struct route *routes; /* static */
	size_t n_routes;
	struct api *api;       /* handed to the handlers */
	struct access *access; /* borrowed; may change while it serves; NULL: all may */
};

/* Listen and serve; each address is logged as `event=listening`. NULL with *ret_why new text on an
 * error. */
struct server *server_new(struct loop *loop, const struct server_opts *opts, char **ret_why);

/* Apply the limits and time-outs of `opts` except max_connections. They also apply to existing
 * connections. */
void server_set_limits(struct server *server, const struct server_opts *opts);

/* Stop accepting: new connections to passed sockets wait for the next process, and kept connections
 * are closed after their next response. No effect without passed sockets. */
void server_hand_over(struct server *server);
bool server_has_passed(const struct server *server);

/* Say that no request is under way, streams and long polls aside; one that is about to come on a
 * fresh connection counts. */
bool server_is_quiet(const struct server *server);

/* End all streams and waiting requests, send what can be sent at once, close. Handlers that work
 * still may answer, to no one, until server_free. */
void server_stop(struct server *server);
void server_free(struct server *server);

size_t server_n_streams(const struct server *server);
size_t server_n_connections(const struct server *server);

/* Fill where it listens by TCP, at most `max`; returns how many. */
size_t server_endpoints(const struct server *server, struct endpoint *ret_endpoints, size_t max);
