/* Sending: what is in a server's outbox goes out in bursts, at most a quarter of the window a turn,
 * so that neither our buffers nor the server's overflow. A burst is sorted by length, for packets
 * of one length go through the kernel together. */
#include <errno.h>
#include <string.h>

#include "dns/lookup.h"
#include "dns/port.h"
#include "dns/server.h"
#include "dns/tcp.h"

#define BUFFER_PAUSE USEC_PER_MSEC

struct burst {
	size_t n;
	struct dns_lookup *lookups[UDP_OUT];
};

static void put_back(struct server *s, struct dns_lookup *l)
{
	TAILQ_INSERT_HEAD(&s->outbox, l, link);
}

static bool take_token(struct server *s, usec_t now)
{
	return bucket_wait(&s->pace, now) == 0 && bucket_take(&s->bucket, now) &&
	       bucket_take(&s->pace, now);
}

static usec_t wait_for_token(struct server *s, usec_t now)
{
	usec_t a = bucket_wait(&s->bucket, now), b = bucket_wait(&s->pace, now);

	return a > b ? a : b;
}

/* Take lookups out of the outbox, sorted by the lengths of their packets. */
static void collect(struct server *s, size_t most, usec_t now, struct burst *burst)
{
	struct dns_lookup *taken[UDP_OUT], *l;
	uint16_t places[DNS_QUERY_MAX + 2];
	size_t n = 0;

	memset(places, 0, sizeof(places));
	while (n < most && (l = TAILQ_FIRST(&s->outbox)) != NULL && take_token(s, now)) {
		TAILQ_REMOVE(&s->outbox, l, link);
		taken[n++] = l;
		places[l->n_wire + 1]++;
	}
	for (size_t i = 1; i < sizeof(places) / sizeof(places[0]); i++)
		places[i] = (uint16_t)(places[i] + places[i - 1]);
	for (size_t i = 0; i < n; i++)
		burst->lookups[places[taken[i]->n_wire]++] = taken[i];
	burst->n = n;
}

/* Returns the system's error number, or 0. What was not sent is in the outbox again. */
static int send_burst(struct server *s, struct port *p, struct burst *burst, usec_t now)
{
	struct udp_batch *batch = s->engine->batch;

	for (size_t i = 0; i < burst->n; i++) {
		struct dns_lookup *l = burst->lookups[i];
		lookup_take_id(l, &p->asks, now);
		udp_put(batch, (int)i, l->wire, l->n_wire);
	}
	int sent = udp_send(p->fd, batch, (int)burst->n);
	size_t n_sent = sent > 0 ? (size_t)sent : 0;
	for (size_t i = 0; i < n_sent; i++)
		lookup_on_sent(burst->lookups[i], now);
	for (size_t i = burst->n; i > n_sent; i--) {
		lookup_return_id(burst->lookups[i - 1]);
		put_back(s, burst->lookups[i - 1]);
	}
	p->n_sent += (uint32_t)n_sent;
	s->stats.n_sent += n_sent;
	return sent < 0 ? -sent : n_sent < burst->n ? EAGAIN : 0;
}

/* The system lets nothing out to the server: each goes elsewhere, or waits for its time-out. */
static void give_back_all(struct server *s, usec_t now)
{
	struct dns_lookup *l;

	server_on_refused(s);
	while ((l = TAILQ_FIRST(&s->outbox)) != NULL) {
		TAILQ_REMOVE(&s->outbox, l, link);
		lookup_on_sent(l, now);
		lookup_refuse(l, now);
	}
}

/* There is no route, as before the network is up: they wait until there is one. */
static void unroute_all(struct server *s, int error, usec_t now)
{
	struct dns_lookup *l;

	server_on_no_route(s, error);
	while ((l = TAILQ_FIRST(&s->outbox)) != NULL)
		lookup_unroute(l, now);
}

/* There are no more sockets: others are asked, who have some. */
static void spread_all(struct server *s, usec_t now)
{
	struct dns_lookup *l;

	s->engine->is_short = true;
	while (s->n_ports == 0 && (l = TAILQ_FIRST(&s->outbox)) != NULL)
		lookup_unroute(l, now);
}

static void on_send_error(struct server *s, int error, usec_t now)
{
	if (error == EMFILE || error == ENFILE) {
		spread_all(s, now);
		return;
	}
	if (error == ENETUNREACH || error == EHOSTUNREACH || error == ENETDOWN ||
	    error == EADDRNOTAVAIL || error == EAFNOSUPPORT || error == EINVAL || error == ENODEV)
		unroute_all(s, error, now);
	else
		give_back_all(s, now);
}

static void flush_tcp(struct server *s, usec_t now)
{
	struct dns_lookup *l;

	while ((l = TAILQ_FIRST(&s->tcp_outbox)) != NULL && tcp_has_room(s)) {
		struct asks *asks = tcp_asks(s, now);
		TAILQ_REMOVE(&s->tcp_outbox, l, link);
		if (asks != NULL)
			lookup_take_id(l, asks, now);
		lookup_on_sent(l, now);
		if (asks == NULL)
			lookup_on_disconnect(&l->asks[l->current], false, now);
		else if (tcp_send(s, l->wire, l->n_wire))
			s->stats.n_tcp++;
	}
}

static size_t pace_of(const struct server *s)
{
	size_t quarter = server_window(s) / 4;

	return quarter > WINDOW_FLOOR ? quarter : WINDOW_FLOOR;
}

/* A burst was not sent. Returns how long to wait, as server_flush does. */
static usec_t on_burst_error(struct server *s, int error, usec_t now)
{
	if (error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS)
		return BUFFER_PAUSE;
	on_send_error(s, error, now);
	return SERVER_NO_MORE;
}

static size_t room_of(const struct port *p, size_t most)
{
	size_t room = p->window - p->asks.n;

	room = room < most ? room : most;
	return room < UDP_OUT ? room : UDP_OUT;
}

static usec_t flush_udp(struct server *s, usec_t now)
{
	struct burst burst;
	size_t left = pace_of(s);
	int n_refusals = 0, error;

	while (left > 0 && !TAILQ_EMPTY(&s->outbox)) {
		struct port *p = port_choose(s, now, &error);
		if (p == NULL && error != 0)
			on_send_error(s, error, now);
		if (p == NULL)
			return SERVER_NO_MORE; /* full: answers and time-outs make room */
		collect(s, room_of(p, left), now, &burst);
		if (burst.n == 0)
			return wait_for_token(s, now);
		error = send_burst(s, p, &burst, now);
		if (error == ECONNREFUSED && n_refusals++ < 2)
			lookup_on_refused(s, &p->asks, now); /* said of what was sent before */
		else if (error != 0)
			return on_burst_error(s, error, now);
		else
			left -= burst.n;
	}
	return TAILQ_EMPTY(&s->outbox) ? SERVER_NO_MORE : 0;
}

static usec_t flush_carried(struct server *s, usec_t now)
{
	struct dns_lookup *l;

	while ((l = TAILQ_FIRST(&s->outbox)) != NULL && take_token(s, now)) {
		struct dns_carried to = {
		    .engine = s->engine, .server = (size_t)(s - s->engine->servers)};
		TAILQ_REMOVE(&s->outbox, l, link);
		lookup_take_id(l, s->carried, now);
		to.id = l->asks[l->current].id;
		lookup_on_sent(l, now);
		s->stats.n_sent++;
		if (s->carrier->ask(s->carrier->arg, l->wire, l->n_wire, &to))
			continue;
		server_on_refused(s);
		lookup_refuse(l, now);
	}
	return l != NULL ? wait_for_token(s, now) : SERVER_NO_MORE;
}

usec_t server_flush(struct server *s, usec_t now)
{
	if (s->carrier != NULL)
		return flush_carried(s, now);
	flush_tcp(s, now);
	return flush_udp(s, now);
}
