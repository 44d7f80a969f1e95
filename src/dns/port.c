/* The UDP sockets of a server. */
#include "dns/port.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/random.h"

#define PORT_LIFE  (60 * USEC_PER_SEC)
#define PORT_DRAIN (10 * USEC_PER_SEC)

enum { PORT_QUESTIONS = 1 << 18, ANSWER_SIZE = 1064, MAX_ROUNDS = 8 };

/* Read a batch; returns how many packets it had, or a negative error number. */
static int read_batch(struct port *p)
{
	struct dns_engine *engine = p->server->engine;
	struct udp_batch *batch = engine->batch;
	usec_t now = clock_mono();
	int n = udp_receive(p->fd, batch);

	if (n == -ECONNREFUSED)
		engine->calls.on_refused(p->server, &p->asks, now);
	for (int i = 0; i < n; i++) {
		size_t len;
		bool is_cut;
		const uint8_t *packet = udp_packet(batch, i, &len, &is_cut);
		engine->calls.on_packet(
		    p->server, &p->asks, packet, len, is_cut ? BY_UDP_CUT : BY_UDP, now);
	}
	return n;
}

static void on_readable(void *arg)
{
	struct port *p = arg;
	struct dns_engine *engine = p->server->engine;
	int n_rounds = 0;

	engine->is_serving = true;
	while (read_batch(p) == UDP_IN && ++n_rounds < MAX_ROUNDS)
		;
	engine->calls.on_turn(engine);
}

static void free_port(struct port *p)
{
	struct ask *ask;

	while ((ask = asks_first(&p->asks)) != NULL)
		asks_remove(ask);
	watch_cancel(&p->watch);
	close(p->fd);
	p->server->engine->n_ports--;
	free(p);
}

static struct port *open_port(struct server *s, usec_t now, int *ret_error)
{
	struct dns_engine *engine = s->engine;
	int n_bytes = 0,
	    fd = engine->n_ports < engine->max_ports ? udp_open(&s->endpoint, &n_bytes) : -EMFILE;

	if (fd < 0) {
		*ret_error = -fd;
		return NULL;
	}
	struct port *p = xcalloc(1, sizeof(*p));
	p->server = s;
	p->fd = fd;
	p->opened_at = now;
	p->window = n_bytes > ANSWER_SIZE ? (size_t)(n_bytes / ANSWER_SIZE) : 1;
	asks_init(&p->asks);
	TAILQ_INSERT_TAIL(&s->ports, p, link);
	s->n_ports++;
	engine->n_ports++;
	if (watch_start_read(&p->watch, engine->loop, fd, on_readable, p) != OK) {
		TAILQ_REMOVE(&s->ports, p, link);
		s->n_ports--;
		free_port(p);
		*ret_error = ENOMEM;
		return NULL;
	}
	return p;
}

static void retire(struct server *s, struct port *p, usec_t now)
{
	TAILQ_REMOVE(&s->ports, p, link);
	s->n_ports--;
	p->opened_at = now;
	TAILQ_INSERT_TAIL(&s->retired, p, link);
}

static void retire_old(struct server *s, usec_t now)
{
	struct port *p = TAILQ_FIRST(&s->ports), *next;

	for (; p != NULL; p = next) {
		next = TAILQ_NEXT(p, link);
		if (now - p->opened_at >= PORT_LIFE || p->n_sent >= PORT_QUESTIONS)
			retire(s, p, now);
	}
}

struct port *port_choose(struct server *s, usec_t now, int *ret_error)
{
	struct port *p;
	uint8_t first = 0;

	*ret_error = 0;
	retire_old(s, now);
	if (s->n_ports == 0)
		return open_port(s, now, ret_error);
	if (s->is_guarded && s->n_ports < s->engine->guarded_ports) {
		if ((p = open_port(s, now, ret_error)) != NULL)
			return p;
		*ret_error = 0;
	}
	if (s->n_ports > 1)
		random_bytes(&first, sizeof(first));
	for (unsigned i = first % s->n_ports; i > 0; i--) { /* turn the ring */
		p = TAILQ_FIRST(&s->ports);
		TAILQ_REMOVE(&s->ports, p, link);
		TAILQ_INSERT_TAIL(&s->ports, p, link);
	}
	TAILQ_FOREACH (p, &s->ports, link) {
		if (p->asks.n < p->window)
			return p;
	}
	p = s->n_ports < MAX_PORTS ? open_port(s, now, ret_error) : NULL;
	if (*ret_error == EMFILE || *ret_error == ENFILE)
		*ret_error = 0; /* those that are full will do */
	return p;
}

void ports_retire(struct server *s)
{
	usec_t now = clock_mono();
	struct port *p;

	while ((p = TAILQ_FIRST(&s->ports)) != NULL)
		retire(s, p, now);
}

void ports_sweep(struct server *s, usec_t now)
{
	struct port *p = TAILQ_FIRST(&s->retired), *next;

	retire_old(s, now);
	for (; p != NULL; p = next) {
		next = TAILQ_NEXT(p, link);
		if (p->asks.n > 0 && now - p->opened_at < PORT_DRAIN)
			continue;
		TAILQ_REMOVE(&s->retired, p, link);
		free_port(p);
	}
}

void ports_close(struct server *s)
{
	struct port *p;

	while ((p = TAILQ_FIRST(&s->ports)) != NULL)
		retire(s, p, 0);
	while ((p = TAILQ_FIRST(&s->retired)) != NULL) {
		TAILQ_REMOVE(&s->retired, p, link);
		free_port(p);
	}
}
