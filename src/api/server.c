/* Listeners, and how libmicrohttpd runs in our loop: its epoll descriptor is one event, and one
 * timer obeys its time-out (its client sockets are edge-triggered, so ignoring the time-out would
 * leave requests hanging). Resuming a connection wakes nothing by itself in this mode: pump after
 * each resume. */
#include "api/server.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "api/server_private.h"
#include "api/tls.h"
#include "base/alloc.h"
#include "base/log.h"
#include "model/result.h"

enum {
	BACKLOG = 1024,
	MEMORY_LIMIT = 80 << 10,
	MEMORY_STEP = 32 << 10,
	MAX_ROUNDS = 4,
	STOP_ROUNDS = 16,
	N_TLS_OPTIONS = 5
};

/* Whoever has connected is about to ask for so long. */
#define HEADER_GRACE USEC_PER_SEC

struct listener {
	struct MHD_Daemon *daemon; /* owned */
	struct watch watch;
	char *unix_path;          /* owned; NULL for TCP */
	struct endpoint endpoint; /* where it listens by TCP */
};

/* Remove the socket of a daemon that is gone. What is no socket, or is served, stays. */
static void remove_stale(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stat st;

	if (lstat(path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return;
	memcpy(address.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0 && errno == ECONNREFUSED)
		unlink(path);
	close(fd);
}

static enum err open_unix(const struct server_opts *opts, const char *path, int *ret_fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(address.sun_path))
		return ERR_INVALID;
	memcpy(address.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return ERR_SYSTEM;
	remove_stale(path);
	/* until it listens nobody can connect */
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    (opts->has_unix_group && chown(path, (uid_t)-1, opts->unix_group) != 0) ||
	    chmod(path, opts->unix_mode) != 0 || listen(fd, BACKLOG) != 0) {
		int saved = errno;
		close(fd);
		errno = saved;
		return ERR_SYSTEM;
	}
	*ret_fd = fd;
	return OK;
}

/* Have the kernel find out when a client's host has vanished, which a stream with nothing to send
 * would not see; connections inherit it. */
static void keep_alive(int fd)
{
	static const int on = 1, idle = 60, every = 15, most = 4;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof(every));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &most, sizeof(most));
}

static enum err open_tcp(const struct endpoint *e, int *ret_fd)
{
	static const int on = 1;
	struct sockaddr_storage address;
	socklen_t len = endpoint_to_sockaddr(e, &address);
	int fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return ERR_SYSTEM;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	keep_alive(fd);
	if (e->address.is_v6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, BACKLOG) != 0) {
		int saved = errno;
		close(fd);
		errno = saved;
		return ERR_SYSTEM;
	}
	*ret_fd = fd;
	return OK;
}

/* Log where the socket listens, and keep it. */
static void note_address(int fd, const struct endpoint *asked, struct listener *l)
{
	struct endpoint e = *asked;
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	char text[ENDPOINT_TEXT_SIZE];

	if (getsockname(fd, (struct sockaddr *)&address, &len) == 0)
		e.port = ntohs(address.ss_family == AF_INET6
				   ? ((struct sockaddr_in6 *)&address)->sin6_port
				   : ((struct sockaddr_in *)&address)->sin_port);
	endpoint_format(&e, text);
	log_info("listening", "address=%s", text);
	l->endpoint = e;
}

static enum err open_socket(
    const struct server_opts *opts, const char *where, struct listener *l, int *ret_fd)
{
	struct endpoint e;

	if (strncmp(where, "unix:", 5) == 0) {
		enum err result = open_unix(opts, where + 5, ret_fd);
		if (result == OK) {
			l->unix_path = xstrdup(where + 5);
			log_info("listening", "address=%s", log_quote(where));
		}
		return result;
	}
	if (!endpoint_parse(where, 8653, &e))
		return ERR_INVALID;
	enum err result = open_tcp(&e, ret_fd);
	if (result == OK)
		note_address(*ret_fd, &e, l);
	return result;
}

/* Take over a socket that was passed to us. Its file in the file system, if it has one, is not
 * ours. */
static enum err adopt_socket(const struct server_socket *passed, struct listener *l)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address), type_len = sizeof(int), listens_len = sizeof(int);
	int type = 0, listens = 0, flags = fcntl(passed->fd, F_GETFL);
	char text[ENDPOINT_TEXT_SIZE] = "unix";

	getsockopt(passed->fd, SOL_SOCKET, SO_TYPE, &type, &type_len);
	getsockopt(passed->fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &listens_len);
	if (type != SOCK_STREAM || listens == 0 ||
	    getsockname(passed->fd, (struct sockaddr *)&address, &len) != 0)
		return ERR_INVALID;
	if (fcntl(passed->fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return ERR_SYSTEM;
	if (endpoint_from_sockaddr((struct sockaddr *)&address, &l->endpoint)) {
		keep_alive(passed->fd);
		endpoint_format(&l->endpoint, text);
	}
	log_info("listening", "address=%s socket=%s", text, log_quote(passed->name));
	return OK;
}

/* Let every listener work; true when one has more to do at once. *ret_wait: milliseconds until one
 * must be called again, or UINT64_MAX. */
static bool run_once(struct server *server, uint64_t *ret_wait)
{
	bool is_more = false;

	*ret_wait = UINT64_MAX;
	for (size_t i = 0; i < server->n_listeners; i++) {
		MHD_UNSIGNED_LONG_LONG wait;
		MHD_run(server->listeners[i].daemon);
		if (MHD_get_timeout(server->listeners[i].daemon, &wait) != MHD_YES)
			continue;
		is_more = is_more || wait == 0;
		*ret_wait = wait < *ret_wait ? wait : *ret_wait;
	}
	return is_more;
}

void server_pump(struct server *server)
{
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

static void pump(void *arg)
{
	server_pump(arg);
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

/* Fill the options that a listener needs for TLS; returns libmicrohttpd's flag for it, or 0. */
static unsigned set_tls(
    const struct server *server, int fd, struct MHD_OptionItem ret_options[static N_TLS_OPTIONS])
{
	const struct tls *tls = server->opts.tls;
	struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
	socklen_t len = sizeof(address);
	size_t n = 0;

	if (tls != NULL && getsockname(fd, (struct sockaddr *)&address, &len) == 0 &&
	    address.ss_family != AF_UNIX) {
		ret_options[n++] =
		    (struct MHD_OptionItem){MHD_OPTION_HTTPS_CERT_CALLBACK, 0, tls_retriever()};
		ret_options[n++] = (struct MHD_OptionItem){
		    MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)tls_priorities()};
		if (tls->client_ca != NULL)
			ret_options[n++] =
			    (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_TRUST, 0, tls->client_ca};
	}
	ret_options[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
	return n > 0 ? MHD_USE_TLS : 0;
}

/* At an address, or with `passed` at a socket that is open already. */
static bool start_listener(
    struct server *server, const char *where, const struct server_socket *passed, char **ret_why)
{
	struct listener *l = &server->listeners[server->n_listeners];
	int fd = passed != NULL ? passed->fd : -1;
	struct buf why;

	errno = 0;
	enum err e =
	    passed != NULL ? adopt_socket(passed, l) : open_socket(&server->opts, where, l, &fd);

	if (e == OK) {
		struct MHD_OptionItem tls[N_TLS_OPTIONS];
		unsigned tls_flag = set_tls(server, fd, tls);
		l->daemon = MHD_start_daemon(
		    MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | tls_flag, 0,
		    door_on_accept, server, server_on_access, server, MHD_OPTION_EXTERNAL_LOGGER,
		    on_mhd_log, NULL, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
		    server->opts.max_connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		    (size_t)MEMORY_LIMIT, MHD_OPTION_CONNECTION_MEMORY_INCREMENT,
		    (size_t)MEMORY_STEP, MHD_OPTION_STRICT_FOR_CLIENT, 1,
		    MHD_OPTION_NOTIFY_CONNECTION, door_on_connection, server,
		    MHD_OPTION_NOTIFY_COMPLETED, server_on_completed, server,
		    MHD_OPTION_UNESCAPE_CALLBACK, on_unescape, NULL,
		    MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
		if (l->daemon == NULL)
			close(fd);
	}
	if (l->daemon != NULL) {
		int epoll_fd = MHD_get_daemon_info(l->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
		if (watch_start_read(&l->watch, server->loop, epoll_fd, pump, server) == OK) {
			server->n_listeners++;
			return true;
		}
		MHD_stop_daemon(l->daemon);
	}
	buf_init(&why, 512);
	buf_addf(&why, "can't listen on %s: %s", where,
	    e == ERR_INVALID ? passed != NULL ? "the socket passed is none that listens for streams"
					      : "this is no address"
	    : errno != 0     ? strerror(errno)
			     : "the server refused");
	*ret_why = buf_take(&why, NULL);
	free(l->unix_path);
	return false;
}

static double get_connections(void *arg)
{
	const struct server *server = arg;

	return (double)server->door.n_peers;
}

static double get_streams(void *arg)
{
	return (double)server_n_streams(arg);
}

size_t server_n_connections(const struct server *server)
{
	return server->door.n_peers;
}

size_t server_n_streams(const struct server *server)
{
	return server->n_streams;
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
	own->header_timeout = opts->header_timeout;
	own->idle_timeout = opts->idle_timeout;
	own->transfer_timeout = opts->transfer_timeout;
	set_defaults(own);
	door_set_times(server);
}

struct server *server_new(struct loop *loop, const struct server_opts *opts, char **ret_why)
{
	struct server *server = xcalloc(1, sizeof(*server));

	server->loop = loop;
	server->opts = *opts;
	set_defaults(&server->opts);
	TAILQ_INIT(&server->requests);
	size_t n = opts->n_passed > 0 ? opts->n_passed : opts->n_listen;
	server->listeners = xcalloc(n, sizeof(*server->listeners));
	defer_init(&server->pump, loop, pump, server);
	timer_init(&server->pump_timer, loop, pump, server);
	bucket_init(&server->refusals, 5, clock_mono());
	server->refusals.most = server->refusals.tokens = 20;
	door_init(server);
	server_add_request_metrics(server);
	metrics_getter(METRIC_HTTP_CONNECTIONS, get_connections, server);
	metrics_getter(METRIC_HTTP_STREAMS, get_streams, server);
	if (opts->tls != NULL && !tls_present(opts->tls)) {
		*ret_why = xstrdup("the certificate can't be used");
		server_free(server);
		return NULL;
	}
	for (size_t i = 0; i < n; i++) {
		const struct server_socket *passed = opts->n_passed > 0 ? &opts->passed[i] : NULL;
		const char *where = passed != NULL ? passed->name : opts->listen[i];
		if (!start_listener(server, where, passed, ret_why)) {
			server_free(server);
			return NULL;
		}
	}
	return server;
}

/* No new connections. */
static void close_sockets(struct server *server)
{
	for (size_t i = 0; i < server->n_listeners; i++) {
		/* the socket becomes ours to close; the second time there is none */
		int fd = MHD_quiesce_daemon(server->listeners[i].daemon);
		if (fd >= 0)
			close(fd);
	}
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
	const struct peer *peer;
	usec_t now = clock_mono();

	TAILQ_FOREACH (peer, &server->door.peers, link) {
		bool is_left_alone =
		    peer->rq != NULL && (peer->rq->is_streaming || peer->rq->is_slow);
		bool is_fresh = peer->phase == PEER_HEADER && now - peer->since < HEADER_GRACE;
		if (is_fresh || (peer->phase != PEER_HEADER && peer->phase != PEER_IDLE &&
				    peer->phase != PEER_DRAIN && !is_left_alone))
			return false;
	}
	return true;
}

void server_stop(struct server *server)
{
	uint64_t wait;

	close_sockets(server);
	server_end_requests(server);
	for (int round = 0; round < STOP_ROUNDS && run_once(server, &wait); round++)
		;
	defer_cancel(&server->pump);
	timer_cancel(&server->pump_timer);
	door_stop(server);
	for (size_t i = 0; i < server->n_listeners; i++) {
		struct listener *l = &server->listeners[i];
		watch_cancel(&l->watch);
		MHD_stop_daemon(l->daemon);
		if (l->unix_path != NULL)
			remove_stale(l->unix_path);
		free(l->unix_path);
	}
	server->n_listeners = 0;
}

void server_free(struct server *server)
{
	if (server == NULL)
		return;
	server_stop(server);
	door_done(server);
	tls_forget();
	free(server->listeners);
	free(server->metrics);
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
