/* A name server that does what a test says. */
#include "script.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"

struct connection {
	LIST_ENTRY(connection) link;
	struct script *script;
	int fd;
	struct watch watch;
	size_t n_in;
	uint8_t in[4096];
};

/* An answer that is to be sent later. */
struct delayed {
	LIST_ENTRY(delayed) link;
	struct script *script;
	struct timer timer;
	struct sockaddr_in peer;
	size_t len;
	uint8_t bytes[];
};

struct script {
	struct loop *loop;
	int udp, tcp, elsewhere;
	struct watch udp_watch, tcp_watch;
	script_fn *on_query;
	void *arg;
	unsigned n_udp, n_tcp, n_connections;
	LIST_HEAD(, connection) connections;
	LIST_HEAD(, delayed) delayed;
};

static bool read_query(struct script *s, const uint8_t *bytes, size_t len, struct script_query *q)
{
	static uint8_t copy[512];
	struct dns_message m;
	struct dns_name name;
	struct buf text;
	size_t at = DNS_HEADER_SIZE;

	if (len > sizeof(copy))
		return false;
	memcpy(copy, bytes, len);
	*q = (struct script_query){.script = s, .bytes = copy, .len = len};
	if (!dns_message_parse(copy, len, &m) || !dns_name_read(copy, len, &at, &name))
		return false;
	buf_init(&text, sizeof(q->name));
	dns_name_format(&name, &text);
	memcpy(q->name, text.data, text.len - 1);
	buf_done(&text);
	q->type = m.qtype;
	q->has_edns = m.has_edns;
	q->n_cookie = m.n_cookie;
	memcpy(q->cookie, m.cookie, m.n_cookie);
	q->nth = s->n_udp + s->n_tcp;
	return true;
}

static void on_udp(void *arg)
{
	struct script *s = arg;
	uint8_t bytes[2000];
	struct script_query q;
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	ssize_t n;

	while ((n = recvfrom(s->udp, bytes, sizeof(bytes), MSG_DONTWAIT, (struct sockaddr *)&peer,
		    &len)) > 0) {
		s->n_udp++;
		ck_assert(read_query(s, bytes, (size_t)n, &q));
		q.peer = peer;
		s->on_query(&q, s->arg);
	}
}

static void close_connection(struct connection *c)
{
	LIST_REMOVE(c, link);
	watch_cancel(&c->watch);
	close(c->fd);
	free(c);
}

static bool is_open(const struct script *s, const void *connection)
{
	const struct connection *c;

	LIST_FOREACH (c, &s->connections, link) {
		if (c == connection)
			return true;
	}
	return false;
}

static void on_connection(void *arg)
{
	struct connection *c = arg;
	struct script *s = c->script;
	struct script_query q;
	ssize_t n = recv(c->fd, c->in + c->n_in, sizeof(c->in) - c->n_in, MSG_DONTWAIT);

	if (n <= 0) {
		close_connection(c);
		return;
	}
	c->n_in += (size_t)n;
	while (c->n_in >= 2) {
		size_t len = (size_t)(c->in[0] << 8 | c->in[1]);
		if (c->n_in < 2 + len)
			return;
		s->n_tcp++;
		ck_assert(read_query(s, c->in + 2, len, &q));
		q.connection = c;
		c->n_in -= 2 + len;
		memmove(c->in, c->in + 2 + len, c->n_in);
		s->on_query(&q, s->arg);
		if (!is_open(s, c))
			return;
	}
}

static void on_listener(void *arg)
{
	struct script *s = arg;
	struct connection *c = xcalloc(1, sizeof(*c));

	c->script = s;
	c->fd = accept(s->tcp, NULL, NULL);
	ck_assert_int_ge(c->fd, 0);
	s->n_connections++;
	LIST_INSERT_HEAD(&s->connections, c, link);
	ck_assert_int_eq(watch_start_read(&c->watch, s->loop, c->fd, on_connection, c), OK);
}

static bool bind_both(struct script *s)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int size = 4 << 20;

	s->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	s->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(s->udp, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	ck_assert_int_eq(bind(s->udp, (struct sockaddr *)&a, len), 0);
	getsockname(s->udp, (struct sockaddr *)&a, &len);
	if (bind(s->tcp, (struct sockaddr *)&a, len) == 0 && listen(s->tcp, 16) == 0)
		return true;
	close(s->udp);
	close(s->tcp);
	return false;
}

struct script *script_new(struct loop *loop, script_fn *on_query, void *arg)
{
	struct script *s = xcalloc(1, sizeof(*s));

	s->loop = loop;
	s->on_query = on_query;
	s->arg = arg;
	s->elsewhere = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (int i = 0; !bind_both(s); i++)
		ck_assert_int_lt(i, 50);
	ck_assert_int_eq(watch_start_read(&s->udp_watch, loop, s->udp, on_udp, s), OK);
	ck_assert_int_eq(watch_start_read(&s->tcp_watch, loop, s->tcp, on_listener, s), OK);
	return s;
}

void script_free(struct script *s)
{
	struct connection *c;
	struct delayed *d;

	while ((c = LIST_FIRST(&s->connections)) != NULL)
		close_connection(c);
	while ((d = LIST_FIRST(&s->delayed)) != NULL) {
		LIST_REMOVE(d, link);
		timer_cancel(&d->timer);
		free(d);
	}
	watch_cancel(&s->udp_watch);
	watch_cancel(&s->tcp_watch);
	close(s->udp);
	close(s->tcp);
	close(s->elsewhere);
	free(s);
}

static struct endpoint endpoint_of(int fd)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);
	struct endpoint e;

	getsockname(fd, (struct sockaddr *)&a, &len);
	ck_assert(endpoint_from_sockaddr((struct sockaddr *)&a, &e));
	return e;
}

struct endpoint script_endpoint(const struct script *s)
{
	return endpoint_of(s->udp);
}

struct endpoint script_closed_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	struct endpoint e = endpoint_of(fd);
	close(fd);
	return e;
}

unsigned script_n_udp(const struct script *s)
{
	return s->n_udp;
}

unsigned script_n_tcp(const struct script *s)
{
	return s->n_tcp;
}

unsigned script_n_connections(const struct script *s)
{
	return s->n_connections;
}

void script_begin(const struct script_query *q, struct packet *p, uint16_t flags)
{
	size_t at = DNS_HEADER_SIZE;

	ck_assert(dns_name_read(q->bytes, q->len, &at, NULL));
	p->len = at + 4;
	memcpy(p->bytes, q->bytes, p->len);
	p->bytes[2] = (uint8_t)(0x80 | flags >> 8);
	p->bytes[3] = (uint8_t)flags;
	memset(p->bytes + 6, 0, 6);
}

static void send_udp(int fd, const struct sockaddr_in *peer, const uint8_t *bytes, size_t len)
{
	sendto(fd, bytes, len, 0, (const struct sockaddr *)peer, sizeof(*peer));
}

static void on_delay(void *arg)
{
	struct delayed *d = arg;

	send_udp(d->script->udp, &d->peer, d->bytes, d->len);
	LIST_REMOVE(d, link);
	free(d);
}

void script_send(const struct script_query *q, const struct packet *p, usec_t delay)
{
	struct script *s = q->script;

	if (q->connection != NULL) {
		struct connection *c = q->connection;
		uint8_t length[2] = {(uint8_t)(p->len >> 8), (uint8_t)p->len};
		send(c->fd, length, 1, MSG_NOSIGNAL);
		send(c->fd, length + 1, 1, MSG_NOSIGNAL);
		ck_assert_int_eq(send(c->fd, p->bytes, p->len, MSG_NOSIGNAL), (ssize_t)p->len);
		return;
	}
	if (delay == 0) {
		send_udp(s->udp, &q->peer, p->bytes, p->len);
		return;
	}
	struct delayed *d = xcalloc(1, sizeof(*d) + p->len);
	d->script = s;
	d->peer = q->peer;
	d->len = p->len;
	memcpy(d->bytes, p->bytes, p->len);
	LIST_INSERT_HEAD(&s->delayed, d, link);
	timer_init(&d->timer, s->loop, on_delay, d);
	timer_start(&d->timer, delay);
}

void script_send_twice(const struct script_query *q, const struct packet *p, usec_t delay)
{
	script_send(q, p, 0);
	script_send(q, p, delay);
}

void script_send_from_elsewhere(const struct script_query *q, const struct packet *p)
{
	send_udp(q->script->elsewhere, &q->peer, p->bytes, p->len);
}

void script_hang_up(const struct script_query *q)
{
	close_connection(q->connection);
}

void script_found(const struct script_query *q)
{
	struct packet p;

	script_begin(q, &p, 0x0180);
	packet_a(&p, "@", 300, 0xc0000201);
	script_send(q, &p, 0);
}

void script_nxdomain(const struct script_query *q)
{
	struct packet p;

	script_begin(q, &p, 0x0183);
	packet_soa(&p, ".", 60, 60);
	script_send(q, &p, 0);
}

void script_nodata(const struct script_query *q)
{
	struct packet p;

	script_begin(q, &p, 0x0180);
	packet_soa(&p, ".", 60, 60);
	script_send(q, &p, 0);
}

void script_rcode(const struct script_query *q, unsigned rcode)
{
	struct packet p;

	script_begin(q, &p, (uint16_t)(0x0180 | rcode));
	script_send(q, &p, 0);
}

void script_truncated(const struct script_query *q)
{
	struct packet p;

	script_begin(q, &p, 0x0380);
	script_send(q, &p, 0);
}
