/* The HTTP server: libmicrohttpd on our loop, without a thread of its own. Thread: loop. */
#pragma once

#include "api/http.h"
#include "base/err.h"

struct loop;
struct server;

enum { SERVER_MAX_LISTENERS = 8 };

struct server_opts {
	const char *listen[SERVER_MAX_LISTENERS]; /* `addr:port`, `[addr]:port`, `unix:/path`; port
						     0: a free one */
	size_t n_listen;
	uint64_t max_body; /* bytes of any request body */
	unsigned max_connections;
	const struct route *routes; /* static */
	size_t n_routes;
	struct api *api; /* handed to the handlers */
};

/* Listen and serve; each address is logged as `event=listening`. NULL with *ret_why new text on an
 * error. */
struct server *server_new(struct loop *loop, const struct server_opts *opts, char **ret_why);

/* End all streams and waiting requests, send what can be sent at once, close. Handlers that work
 * still may answer, to no one, until server_free. */
void server_stop(struct server *server);
void server_free(struct server *server);

size_t server_n_streams(const struct server *server);
