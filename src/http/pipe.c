/* libmicrohttpd may close its end before or after the client closes: the last user frees the pipe.
 */
#include "http/pipe.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "http/server_private.h"

enum { MAX_WAITING = 256 << 10 }; /* bytes; a piece of a body and its framing are less */

static void free_when_over(struct pipe *p)
{
	if (p->fd >= 0 || p->end != NULL)
		return;
	buf_done(&p->waiting);
	free(p);
}

struct pipe *pipe_of(struct MHD_Connection *end)
{
	return MHD_get_connection_info(end, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

void pipe_on_connection(
    void *arg, struct MHD_Connection *end, void **context, enum MHD_ConnectionNotificationCode code)
{
	struct server *server = arg;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		/* called within MHD_add_connection */
		server->opening->end = end;
		*context = server->opening;
		return;
	}
	struct pipe *p = *context;
	p->end = NULL;
	free_when_over(p);
}

struct pipe *pipe_open(struct server *server, loop_fn *on_answer, loop_fn *on_room, void *owner)
{
	static const struct sockaddr_un nowhere = {.sun_family = AF_UNIX};
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0)
		return NULL;
	struct pipe *p = xcalloc(1, sizeof(*p));
	p->server = server;
	p->owner = owner;
	p->on_answer = on_answer;
	p->on_room = on_room;
	p->fd = fds[0];
	buf_init(&p->waiting, MAX_WAITING);
	server->opening = p;
	/* closes the socket when it fails */
	bool is_added = MHD_add_connection(server->daemon, fds[1],
			    (const struct sockaddr *)&nowhere, sizeof(nowhere)) == MHD_YES;
	server->opening = NULL;
	if (!is_added || p->end == NULL) {
		pipe_close(p);
		return NULL;
	}
	return p;
}

void pipe_close(struct pipe *p)
{
	watch_cancel(&p->readable);
	watch_cancel(&p->writable);
	close(p->fd);
	p->fd = -1;
	p->owner = NULL;
	free_when_over(p);
}

/* Send what waits. False: libmicrohttpd has closed. */
static bool send_waiting(struct pipe *p)
{
	ssize_t n = send(p->fd, p->waiting.data, p->waiting.len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN)
		return false;
	buf_drain(&p->waiting, n < 0 ? 0 : (size_t)n);
	if (p->waiting.len == 0)
		buf_done(&p->waiting);
	return true;
}

static void on_writable(void *arg)
{
	struct pipe *p = arg;

	if (!send_waiting(p))
		buf_done(&p->waiting);
	if (p->waiting.len > 0)
		return;
	watch_cancel(&p->writable);
	p->is_writing = false;
	p->on_room(p->owner);
}

void pipe_add(struct pipe *p, const void *bytes, size_t n_bytes)
{
	buf_add(&p->waiting, bytes, n_bytes);
}

void pipe_send(struct pipe *p)
{
	if (p->is_writing || p->waiting.len == 0)
		return;
	if (!send_waiting(p))
		buf_done(&p->waiting); /* the pipe's end says the rest */
	else if (p->waiting.len > 0)
		p->is_writing =
		    watch_start_write(&p->writable, p->server->loop, p->fd, on_writable, p) == OK;
}

static void on_readable(void *arg)
{
	struct pipe *p = arg;

	p->on_answer(p->owner);
}

void pipe_listen(struct pipe *p, bool is_on)
{
	if (is_on == p->is_reading)
		return;
	if (is_on)
		p->is_reading =
		    watch_start_read(&p->readable, p->server->loop, p->fd, on_readable, p) == OK;
	else
		watch_cancel(&p->readable);
	p->is_reading = p->is_reading && is_on;
}
