/* A TCP connection to a server. */
#include "dns/tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"

#define IDLE (10 * USEC_PER_SEC)

enum { OUT_MAX = (TCP_MAX_ASKS + 1) * (DNS_QUERY_MAX + 2), IN_SIZE = TCP_MESSAGE_MAX + 2 };

struct tcp {
	struct server *server;                       /* borrowed */
	int fd;                                      /* owned */
	bool is_connected, is_writing, has_answered; /* is_writing: more when it is writable */
	struct watch readable, writable;
	struct timer idle;
	struct asks asks;
	struct buf out;
	usec_t heard_at;
	size_t n_in;
	uint8_t in[IN_SIZE];
};

size_t tcp_cut(
    const uint8_t *bytes, size_t len, tcp_message_fn *on_message, void *arg, bool *ret_is_bad)
{
	size_t at = 0;

	*ret_is_bad = false;
	while (len - at >= 2) {
		size_t n = (size_t)(bytes[at] << 8 | bytes[at + 1]);
		if (n < DNS_HEADER_SIZE) {
			*ret_is_bad = true;
			break;
		}
		if (len - at - 2 < n)
			break;
		at += 2 + n;
		if (!on_message(bytes + at - n, n, arg))
			break;
	}
	return at;
}

static void free_tcp(struct tcp *t)
{
	struct ask *ask;

	while ((ask = asks_first(&t->asks)) != NULL)
		asks_remove(ask);
	watch_cancel(&t->readable);
	watch_cancel(&t->writable);
	timer_cancel(&t->idle);
	close(t->fd);
	buf_done(&t->out);
	free(t);
}

void tcp_close(struct server *s)
{
	if (s->tcp != NULL)
		free_tcp(s->tcp);
	s->tcp = NULL;
}

/* The connection is gone: what waits for an answer is asked again on a new one, unless this one
 * never gave any. */
static void give_up(struct tcp *t)
{
	struct ask *ask;
	usec_t now = clock_mono();

	t->server->tcp = NULL;
	watch_cancel(&t->readable);
	watch_cancel(&t->writable);
	while ((ask = asks_first(&t->asks)) != NULL)
		t->server->engine->calls.on_disconnect(ask, t->has_answered, now);
	free_tcp(t);
}

static void on_idle(void *arg)
{
	struct tcp *t = arg;

	if (t->asks.n > 0)
		timer_start(&t->idle, IDLE); /* each of these has a time-out of its own */
	else
		tcp_close(t->server);
}

struct reading {
	struct tcp *tcp;
	usec_t now;
};

static bool on_message(const uint8_t *message, size_t len, void *arg)
{
	const struct reading *r = arg;
	struct tcp *t = r->tcp;

	t->has_answered = true;
	t->server->engine->calls.on_packet(t->server, &t->asks, message, len, BY_TCP, r->now);
	return true;
}

/* Read what is there, once: the loop calls again. False: the connection is no use any more. */
static bool read_some(struct tcp *t)
{
	struct reading reading = {.tcp = t, .now = clock_mono()};
	ssize_t n = recv(t->fd, t->in + t->n_in, IN_SIZE - t->n_in, 0);
	bool is_bad;

	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return true;
	if (n <= 0)
		return false;
	t->heard_at = reading.now;
	t->n_in += (size_t)n;
	size_t used = tcp_cut(t->in, t->n_in, on_message, &reading, &is_bad);
	t->n_in -= used;
	memmove(t->in, t->in + used, t->n_in);
	timer_start(&t->idle, IDLE);
	return !is_bad;
}

static void on_readable(void *arg)
{
	struct tcp *t = arg;
	struct dns_engine *engine = t->server->engine;

	engine->is_serving = true;
	if (!read_some(t))
		give_up(t);
	engine->calls.on_turn(engine);
}

static void on_writable(void *arg);

/* Write what the socket takes; watch it when that isn't all. */
static bool write_some(struct tcp *t)
{
	while (t->out.len > 0) {
		ssize_t n = send(t->fd, t->out.data, t->out.len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
			return false;
		if (n < 0)
			break;
		buf_drain(&t->out, (size_t)n);
	}
	watch_cancel(&t->writable);
	t->is_writing = t->out.len > 0;
	return !t->is_writing || watch_start_write(&t->writable, t->server->engine->loop, t->fd,
				     on_writable, t) == OK;
}

static void on_writable(void *arg)
{
	struct tcp *t = arg;
	struct dns_engine *engine = t->server->engine;
	int error = 0;
	socklen_t len = sizeof(error);

	if (!t->is_connected) {
		getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &error, &len);
		t->is_connected = error == 0;
	}
	if (error == 0 && write_some(t))
		return;
	engine->is_serving = true;
	give_up(t);
	engine->calls.on_turn(engine);
}

static struct tcp *open_tcp(struct server *s, usec_t now)
{
	struct sockaddr_storage address;
	socklen_t len = endpoint_to_sockaddr(&s->endpoint, &address);
	int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		return NULL;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	struct tcp *t = xcalloc(1, sizeof(*t));
	t->server = s;
	t->fd = fd;
	t->heard_at = now;
	asks_init(&t->asks);
	buf_init(&t->out, OUT_MAX);
	timer_init(&t->idle, s->engine->loop, on_idle, t);
	timer_start(&t->idle, IDLE);
	if ((connect(fd, (struct sockaddr *)&address, len) == 0 || errno == EINPROGRESS) &&
	    watch_start_read(&t->readable, s->engine->loop, fd, on_readable, t) == OK &&
	    watch_start_write(&t->writable, s->engine->loop, fd, on_writable, t) == OK)
		return t;
	free_tcp(t);
	return NULL;
}

bool tcp_has_room(const struct server *s)
{
	return s->tcp == NULL ||
	       (s->tcp->asks.n < TCP_MAX_ASKS && s->tcp->out.len < OUT_MAX - DNS_QUERY_MAX - 2);
}

struct asks *tcp_asks(struct server *s, usec_t now)
{
	if (s->tcp == NULL)
		s->tcp = open_tcp(s, now);
	return s->tcp != NULL ? &s->tcp->asks : NULL;
}

bool tcp_send(struct server *s, const uint8_t *message, size_t len)
{
	uint8_t length[2] = {(uint8_t)(len >> 8), (uint8_t)len};
	struct tcp *t = s->tcp;

	buf_add(&t->out, length, sizeof(length));
	buf_add(&t->out, message, len);
	if (t->is_connected && !t->is_writing && !write_some(t)) {
		give_up(t);
		return false;
	}
	return true;
}

void tcp_on_timeout(struct server *s, usec_t sent_at)
{
	if (s->tcp != NULL && s->tcp->heard_at <= sent_at)
		give_up(s->tcp);
}
