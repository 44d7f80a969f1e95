/* A listener without capacity rests: new clients wait in the kernel's backlog. It also rests for a
 * moment when the process is out of descriptors. */
#include "http/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "http/server_private.h"

enum { BACKLOG = 1024, MAX_ACCEPTS = 64 };

#define ACCEPT_PAUSE (100 * USEC_PER_MSEC) /* without descriptors */

/* --- Accepting --- */

/* The endpoint of an address; IPv4 where it is mapped into IPv6. False for a Unix socket. */
static bool read_address(const struct sockaddr_storage *address, struct endpoint *ret_endpoint)
{
	const struct sockaddr_in6 *v6 = (const void *)address;

	memset(ret_endpoint, 0, sizeof(*ret_endpoint));
	if (!endpoint_from_sockaddr((const struct sockaddr *)address, ret_endpoint))
		return false;
	if (address->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
		memset(&ret_endpoint->address, 0, sizeof(ret_endpoint->address));
		memcpy(ret_endpoint->address.bytes, &v6->sin6_addr.s6_addr[12], 4);
	}
	return true;
}

static void greet(struct listener *l, int fd, const struct sockaddr_storage *address)
{
	struct server *server = l->server;
	struct endpoint endpoint;

	if (!read_address(address, &endpoint)) {
		/* the mode of the socket's file says who may connect: no limits by address, no TLS
		 */
		connection_open(server, fd, &endpoint, NULL, true);
		return;
	}
	struct share *share = door_share_address(server, &endpoint.address);
	if (!door_admits(server, share, &endpoint)) {
		door_unshare(server, share);
		close(fd);
		return;
	}
	connection_open(server, fd, &endpoint, share, false);
}

static void rest(struct listener *l)
{
	watch_cancel(&l->watch);
	l->is_watched = false;
	l->server->is_resting = true;
}

/* The socket stays ready although no client can be accepted: retry a little later. */
static void pause_for(struct listener *l, int error)
{
	struct server *server = l->server;

	if (bucket_take(&server->refusals, clock_mono()))
		log_error("accept_failed", "error=%s", log_quote(strerror(error)));
	door_make_room(server);
	rest(l);
	timer_start(&server->accept_timer, ACCEPT_PAUSE);
}

static void on_readable(void *arg)
{
	struct listener *l = arg;

	for (int i = 0; i < MAX_ACCEPTS; i++) {
		struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
		socklen_t len = sizeof(address);
		if (door_is_full(l->server, l->endpoint.port == 0)) {
			rest(l);
			return;
		}
		int fd =
		    accept4(l->fd, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0)
			greet(l, fd, &address);
		else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			pause_for(l, errno);
		if (fd < 0 && errno != ECONNABORTED)
			return;
	}
}

static bool start_watch(struct listener *l)
{
	l->is_watched = watch_start_read(&l->watch, l->server->loop, l->fd, on_readable, l) == OK;
	return l->is_watched;
}

void listeners_resume(struct server *server)
{
	server->is_resting = false;
	for (size_t i = 0; i < server->n_listeners; i++) {
		struct listener *l = &server->listeners[i];
		if (l->fd >= 0 && !l->is_watched && !timer_is_set(&server->accept_timer) &&
		    !door_is_full(server, l->endpoint.port == 0))
			start_watch(l);
		server->is_resting = server->is_resting || (l->fd >= 0 && !l->is_watched);
	}
}

/* --- Opening --- */

/* Remove a stale socket. Sockets in use and other files are left alone. */
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

/* Enable keep-alive, to detect vanished clients of idle streams, and disable Nagle's algorithm.
 * Connections inherit both. */
static void set_options(int fd)
{
	static const int on = 1, idle = 60, every = 15, most = 4;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
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
	set_options(fd);
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

static enum err open_socket(const struct server_opts *opts, const char *where, struct listener *l)
{
	struct endpoint e;

	if (strncmp(where, "unix:", 5) == 0) {
		enum err result = open_unix(opts, where + 5, &l->fd);
		if (result == OK) {
			l->unix_path = xstrdup(where + 5);
			log_info("listening", "address=%s", log_quote(where));
		}
		return result;
	}
	if (!endpoint_parse(where, 8653, &e))
		return ERR_INVALID;
	enum err result = open_tcp(&e, &l->fd);
	if (result == OK)
		note_address(l->fd, &e, l);
	return result;
}

/* Use a passed socket. Its file, if any, belongs to the sender. */
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
	l->fd = passed->fd;
	if (endpoint_from_sockaddr((struct sockaddr *)&address, &l->endpoint)) {
		set_options(passed->fd);
		endpoint_format(&l->endpoint, text);
	}
	log_info("listening", "address=%s socket=%s", text, log_quote(passed->name));
	return OK;
}

bool listener_open(struct listener *l, struct server *server, const char *where,
    const struct server_socket *passed, char **ret_why)
{
	struct buf why;

	*l = (struct listener){.server = server, .fd = -1};
	errno = 0;
	enum err e =
	    passed != NULL ? adopt_socket(passed, l) : open_socket(&server->opts, where, l);
	if (e == OK && start_watch(l))
		return true;
	buf_init(&why, 512);
	buf_addf(&why, "can't listen on %s: %s", where,
	    e != ERR_INVALID ? strerror(errno)
	    : passed != NULL ? "the socket that was passed is not a listening stream socket"
			     : "not an address");
	*ret_why = buf_take(&why, NULL);
	listener_close(l);
	return false;
}

void listener_close(struct listener *l)
{
	if (l->fd < 0)
		return;
	watch_cancel(&l->watch);
	l->is_watched = false;
	close(l->fd);
	l->fd = -1;
	if (l->unix_path != NULL)
		remove_stale(l->unix_path);
	free(l->unix_path);
	l->unix_path = NULL;
}
