/* Integration of libmicrohttpd in the loop. It has no sockets of its own; its epoll descriptor is
 * one event, and a timer implements its time-out. The sockets are edge-triggered, so without the
 * timer requests would hang. Resuming a connection does not wake the loop in this mode: call pump
 * after each resume. */
#include "http/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "http/request_private.h"

/* libmicrohttpd clears all memory of a connection for each request, so it gets what the longest
 * head takes and little more. */
enum { MEMORY_LIMIT = 48 << 10, MEMORY_STEP = 16 << 10, MAX_ROUNDS = 4, STOP_ROUNDS = 16 };

/* A new connection counts as busy for this time, since its request is expected. */
#define HEADER_GRACE USEC_PER_SEC

/* Let libmicrohttpd work; true when it has more to do at once. *ret_wait: milliseconds until it
 * must be called again, or UINT64_MAX. */
static bool run_once(struct server *server, uint64_t *ret_wait)
{
	MHD_UNSIGNED_LONG_LONG wait = 0;
	struct connection *c, *next;

	MHD_run(server->daemon);
	for (c = TAILQ_FIRST(&server->completed); c != NULL; c = next) {
		next = TAILQ_NEXT(c, completed_link);
		connection_relay(c);
	}
	bool is_set = MHD_get_timeout(server->daemon, &wait) == MHD_YES;
	*ret_wait = is_set ? wait : UINT64_MAX;
	return is_set && wait == 0;
}

/* Let libmicrohttpd do what is to be done now, and pass on what it has answered. */
static void pump(void *arg)
{
	struct server *server = arg;
	uint64_t wait;

	for (int round = 0; run_once(server, &wait); round++) {
		if (round == MAX_ROUNDS) {
			defer_start(&server->pump);
			return;
		}
	}
	if (wait == UINT64_MAX)
		timer_cancel(&server->pump_timer);
	else
		timer_start(&server->pump_timer, (usec_t)wait * USEC_PER_MSEC);
}

static void reap(void *arg)
{
	connections_reap(arg);
}

static void on_room(void *arg)
{
	listeners_resume(arg);
}

static void PRINTF(2, 0) on_mhd_log(void *arg, const char *format, va_list args)
{
	char text[300];

	(void)arg;
	if (!log_is_on(LOG_LEVEL_DEBUG))
		return;
	vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = '\0';
	log_debug("microhttpd", "text=%s", log_quote(text));
}

/* Texts of libmicrohttpd end at their first NUL, and an escaped one would cut a name short: a text
 * with one stays escaped, and so names nothing. */
static size_t on_unescape(void *arg, struct MHD_Connection *connection, char *text)
{
	(void)arg, (void)connection;
	return strstr(text, "%00") != NULL ? strlen(text) : MHD_http_unescape(text);
}

static bool start_daemon(struct server *server)
{
	server->daemon = MHD_start_daemon(
	    MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG,
	    0, NULL, NULL, server_on_access, server, MHD_OPTION_EXTERNAL_LOGGER, on_mhd_log, NULL,
	    MHD_OPTION_CONNECTION_LIMIT, 2 * server->opts.max_connections + 1,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_LIMIT,
	    MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (size_t)MEMORY_STEP,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_CONNECTION, pipe_on_connection,
	    server, MHD_OPTION_NOTIFY_COMPLETED, server_on_completed, server,
	    MHD_OPTION_UNESCAPE_CALLBACK, on_unescape, NULL, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
	    MHD_OPTION_END);
	if (server->daemon == NULL)
		return false;
	int fd = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
	return watch_start_read(&server->watch, server->loop, fd, pump, server) == OK;
}

METRIC_GETTER(get_connections, struct server, server_n_connections(self))
METRIC_GETTER(get_streams, struct server, server_n_streams(self))

size_t server_n_connections(const struct server *server)
{
	return server->door.n_network + server->door.n_local;
}

size_t server_n_streams(const struct server *server)
{
	return server->n_live + server->n_finite;
}

static void set_defaults(struct server_opts *opts)
{
	if (opts->max_connections == 0)
		opts->max_connections = 4096;
	if (opts->unix_mode == 0)
		opts->unix_mode = 0660;
	if (opts->max_per_address == 0)
		opts->max_per_address = 1024;
	if (opts->max_streams == 0)
		opts->max_streams = 1024;
	if (opts->max_streams_per_client == 0)
		opts->max_streams_per_client = 512;
	if (opts->header_timeout == 0)
		opts->header_timeout = 10 * USEC_PER_SEC;
	if (opts->idle_timeout == 0)
		opts->idle_timeout = 60 * USEC_PER_SEC;
	if (opts->transfer_timeout == 0)
		opts->transfer_timeout = 30 * USEC_PER_SEC;
}

void server_set_limits(struct server *server, const struct server_opts *opts)
{
	struct server_opts *own = &server->opts;

	own->max_body = opts->max_body;
	own->max_per_address = opts->max_per_address;
	own->max_streams = opts->max_streams;
	own->max_streams_per_client = opts->max_streams_per_client;
	own->header_timeout = opts->header_timeout;
	own->idle_timeout = opts->idle_timeout;
	own->transfer_timeout = opts->transfer_timeout;
	set_defaults(own);
	door_set_times(server);
}

static bool open_listeners(struct server *server, char **ret_why)
{
	const struct server_opts *opts = &server->opts;
	size_t n = opts->n_passed > 0 ? opts->n_passed : opts->n_listen;

	server->listeners = xcalloc(n, sizeof(*server->listeners));
	for (size_t i = 0; i < n; i++) {
		const struct server_socket *passed = opts->n_passed > 0 ? &opts->passed[i] : NULL;
		const char *where = passed != NULL ? passed->name : opts->listen[i];
		if (!listener_open(&server->listeners[i], server, where, passed, ret_why))
			return false;
		server->n_listeners++;
	}
	return true;
}

struct server *server_new(struct loop *loop, const struct server_opts *opts, char **ret_why)
{
	struct server *server = xcalloc(1, sizeof(*server));

	server->loop = loop;
	server->opts = *opts;
	server->route = server_route_request;
	set_defaults(&server->opts);
	TAILQ_INIT(&server->requests);
	TAILQ_INIT(&server->completed);
	TAILQ_INIT(&server->closed);
	defer_init(&server->pump, loop, pump, server);
	defer_init(&server->reap, loop, reap, server);
	defer_init(&server->room, loop, on_room, server);
	timer_init(&server->pump_timer, loop, pump, server);
	timer_init(&server->accept_timer, loop, on_room, server);
	server->scratch = xmalloc(SERVER_PIECE);
	buf_init(&server->frame, SERVER_PIECE + 64);
	bucket_init(&server->refusals, 5, clock_mono());
	server->refusals.most = server->refusals.tokens = 20;
	door_init(server);
	server->metrics = request_metrics_new(opts->routes, opts->n_routes);
	metrics_getter(METRIC_HTTP_CONNECTIONS, get_connections, server);
	metrics_getter(METRIC_HTTP_STREAMS, get_streams, server);
	if (!start_daemon(server))
		*ret_why = xstrdup("libmicrohttpd failed to start");
	else if (open_listeners(server, ret_why))
		return server;
	server_free(server);
	return NULL;
}

/* No new connections. */
static void close_sockets(struct server *server)
{
	for (size_t i = 0; i < server->n_listeners; i++)
		listener_close(&server->listeners[i]);
}

bool server_has_passed(const struct server *server)
{
	return server->opts.n_passed > 0;
}

void server_hand_over(struct server *server)
{
	if (!server_has_passed(server))
		return;
	server->is_handing_over = true;
	close_sockets(server);
}

bool server_is_quiet(const struct server *server)
{
	const struct connection *c;
	usec_t now = clock_mono();

	TAILQ_FOREACH (c, &server->door.connections, link) {
		bool is_left_alone = c->rq != NULL && (c->rq->is_streaming || c->rq->is_slow);
		bool is_fresh = c->phase == PHASE_HEADER && now - c->since < HEADER_GRACE;
		bool is_at_work =
		    c->phase == PHASE_BODY || c->phase == PHASE_WORK || c->phase == PHASE_ANSWER;
		if (is_fresh || (is_at_work && !is_left_alone))
			return false;
	}
	return true;
}

void server_stop(struct server *server)
{
	struct connection *c;
	uint64_t wait;

	if (server->daemon == NULL)
		return;
	close_sockets(server);
	server_end_requests(server);
	for (int round = 0; round < STOP_ROUNDS && run_once(server, &wait); round++)
		;
	while ((c = TAILQ_FIRST(&server->door.connections)) != NULL)
		connection_close(c);
	defer_cancel(&server->pump);
	timer_cancel(&server->pump_timer);
	timer_cancel(&server->accept_timer);
	defer_cancel(&server->room);
	door_stop(server);
	watch_cancel(&server->watch);
	MHD_stop_daemon(server->daemon);
	server->daemon = NULL;
}

void server_free(struct server *server)
{
	if (server == NULL)
		return;
	server_stop(server);
	defer_cancel(&server->reap);
	connections_reap(server);
	buf_done(&server->frame);
	free(server->scratch);
	free(server->listeners);
	request_metrics_free(server->metrics);
	free(server);
}

size_t server_endpoints(const struct server *server, struct endpoint *ret_endpoints, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < server->n_listeners && n < max; i++) {
		if (server->listeners[i].endpoint.port != 0)
			ret_endpoints[n++] = server->listeners[i].endpoint;
	}
	return n;
}
