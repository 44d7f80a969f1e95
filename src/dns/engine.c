/* The DNS engine: lookups from start to end, and the turns in which they are served. */
#include "dns/engine.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/alloc.h"
#include "dns/health.h"
#include "dns/lookup.h"
#include "dns/server.h"

#define PAUSE_DEFAULT USEC_PER_SEC

enum { MAX_LOOKUPS_DEFAULT = 8192, ROUTES_PER_TURN = 64, FEW_SERVERS = 64, GUARDED_PORTS = 4 };

/* Let lookups that wait try again; those that find no room go behind the others. */
static void serve_waiting(struct dns_engine *engine, usec_t now)
{
	size_t n = engine->n_waiting < ROUTES_PER_TURN ? engine->n_waiting : ROUTES_PER_TURN;

	for (; n > 0; n--) {
		struct dns_lookup *l = TAILQ_FIRST(&engine->waiting);
		TAILQ_REMOVE(&engine->waiting, l, link);
		engine->n_waiting--;
		lookup_route(l, now);
	}
}

static void flush(struct dns_engine *engine, usec_t now)
{
	struct server *s = TAILQ_FIRST(&engine->busy), *next;
	usec_t soonest = SERVER_NO_MORE;

	for (; s != NULL; s = next) {
		usec_t wait = server_flush(s, now);
		next = TAILQ_NEXT(s, busy);
		if (TAILQ_EMPTY(&s->outbox) && TAILQ_EMPTY(&s->tcp_outbox)) {
			TAILQ_REMOVE(&engine->busy, s, busy);
			s->is_busy = false;
		}
		soonest = wait < soonest ? wait : soonest;
	}
	if (soonest == 0)
		defer_start(&engine->turn);
	else if (soonest != SERVER_NO_MORE)
		timer_start(&engine->later, soonest);
}

/* Let those that wait have the room that there is, tell that there is room, and send. */
static void serve_turn(struct dns_engine *engine)
{
	usec_t now = clock_mono();

	engine->is_serving = true;
	serve_waiting(engine, now);
	if (engine->on_room != NULL && dns_engine_room(engine) > 0)
		engine->on_room(engine->on_room_arg);
	flush(engine, now);
	engine->is_serving = false;
}

static void on_turn(void *arg)
{
	serve_turn(arg);
}

static bool is_idle(const struct dns_engine *engine)
{
	for (size_t i = 0; i < engine->n_servers; i++) {
		if (engine->servers[i].is_unreachable || !TAILQ_EMPTY(&engine->servers[i].retired))
			return false;
	}
	return engine->n_lookups == 0;
}

/* End those that wait when no server can be reached. */
static void fail_waiting(struct dns_engine *engine)
{
	for (size_t i = 0; i < engine->n_servers; i++) {
		if (!engine->servers[i].is_unreachable)
			return;
	}
	for (size_t n = engine->n_waiting; n > 0 && engine->n_waiting > 0; n--)
		lookup_finish(TAILQ_FIRST(&engine->waiting), DNS_TIMED_OUT, NULL);
}

static void on_tick(void *arg)
{
	struct dns_engine *engine = arg;
	usec_t now = clock_mono();

	engine->is_short = false;
	for (size_t i = 0; i < engine->n_servers; i++)
		server_tick(&engine->servers[i], now);
	if (engine->fails_without_route)
		fail_waiting(engine);
	if (!is_idle(engine))
		timer_start(&engine->tick, DNS_TICK);
	serve_turn(engine);
}

/* Half of the descriptors that the process may have. */
static size_t count_sockets(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
		return SIZE_MAX;
	return (size_t)limit.rlim_cur / 2;
}

struct dns_engine *dns_engine_new(struct loop *loop, const struct dns_opts *opts)
{
	struct dns_engine *engine = xcalloc(1, sizeof(*engine));

	engine->loop = loop;
	engine->strategy = opts->strategy;
	engine->use_tcp = opts->use_tcp;
	engine->fails_without_route = opts->fails_without_route;
	engine->pause = opts->pause > 0 ? opts->pause : PAUSE_DEFAULT;
	engine->max_lookups = opts->max_lookups > 0 ? opts->max_lookups : MAX_LOOKUPS_DEFAULT;
	engine->lookups = xcalloc(engine->max_lookups, sizeof(*engine->lookups));
	TAILQ_INIT(&engine->spare);
	TAILQ_INIT(&engine->waiting);
	TAILQ_INIT(&engine->busy);
	TAILQ_INIT(&engine->resting);
	wheel_init(&engine->wheel, loop, lookup_on_timer, engine);
	defer_init(&engine->turn, loop, on_turn, engine);
	timer_init(&engine->later, loop, on_turn, engine);
	timer_init(&engine->tick, loop, on_tick, engine);
	engine->batch = udp_batch_new();
	engine->calls = (struct socket_calls){.on_packet = lookup_on_packet,
	    .on_refused = lookup_on_refused,
	    .on_disconnect = lookup_on_disconnect,
	    .on_turn = serve_turn};
	engine->servers = xcalloc(opts->n_servers, sizeof(*engine->servers));
	engine->n_servers = opts->n_servers;
	engine->max_ports = count_sockets();
	/* who would forge answers must guess the server too */
	engine->guarded_ports = opts->n_servers <= FEW_SERVERS ? GUARDED_PORTS : 1;
	for (size_t i = 0; i < opts->n_servers; i++)
		server_init(&engine->servers[i], engine, &opts->servers[i], opts->guard);
	if (opts->check_every > 0 && opts->n_servers > 1)
		engine->health = health_new(engine, opts->known_name, opts->check_every);
	return engine;
}

void dns_engine_free(struct dns_engine *engine)
{
	if (engine == NULL)
		return;
	health_free(engine->health);
	for (size_t i = 0; i < engine->n_servers; i++)
		server_done(&engine->servers[i]);
	defer_cancel(&engine->turn);
	timer_cancel(&engine->later);
	timer_cancel(&engine->tick);
	wheel_done(&engine->wheel);
	udp_batch_free(engine->batch);
	FREE_ALL(engine->servers, engine->lookups, engine);
}

size_t dns_engine_room(const struct dns_engine *engine)
{
	size_t room = 0, spare = engine->max_lookups - engine->n_lookups;

	for (size_t i = 0; i < engine->n_servers && room < spare + engine->n_waiting; i++) {
		if (server_is_awaited(&engine->servers[i]))
			break;
		room += server_room(&engine->servers[i]);
		if (engine->strategy == DNS_ORDER && !engine->servers[i].is_unhealthy)
			break; /* the others are asked only when this one fails */
	}
	room = room > engine->n_waiting ? room - engine->n_waiting : 0;
	return room < spare ? room : spare;
}

size_t dns_engine_n_lookups(const struct dns_engine *engine)
{
	return engine->n_lookups;
}

usec_t dns_engine_overdue(const struct dns_engine *engine)
{
	return wheel_overdue(&engine->wheel, clock_mono());
}

void dns_engine_on_network(struct dns_engine *engine)
{
	usec_t now = clock_mono();

	for (size_t i = 0; i < engine->n_servers; i++)
		server_on_network(&engine->servers[i], now);
	for (size_t i = 0; i < engine->n_used; i++) {
		if (engine->lookups[i].state == LOOKUP_ASKED)
			lookup_repeat(&engine->lookups[i]);
	}
	defer_start(&engine->turn);
}

void dns_engine_want_room(struct dns_engine *engine)
{
	if (engine->n_lookups == engine->max_lookups)
		return; /* it is not the windows that hold anybody back */
	for (size_t i = 0; i < engine->n_servers; i++)
		window_on_full(&engine->servers[i].window);
}

void dns_engine_set_on_room(struct dns_engine *engine, void (*on_room)(void *arg), void *arg)
{
	engine->on_room = on_room;
	engine->on_room_arg = arg;
}

struct dns_lookup *dns_lookup_start(struct dns_engine *engine, const struct dns_question *question,
    dns_lookup_fn *on_done, void *arg)
{
	if (engine->health != NULL)
		health_on_question(engine->health, question->name);
	return lookup_start(engine, question, NULL, on_done, arg);
}

void dns_carried_answer(const struct dns_carried *to, const uint8_t *message, size_t len)
{
	struct server *s = &to->engine->servers[to->server];

	to->engine->is_serving = true;
	lookup_on_packet(s, s->carried, message, len, BY_CARRIER, clock_mono());
	serve_turn(to->engine);
}

void dns_carried_failure(const struct dns_carried *to)
{
	struct server *s = &to->engine->servers[to->server];
	struct ask *ask = asks_find(s->carried, to->id);

	to->engine->is_serving = true;
	server_on_refused(s);
	if (ask != NULL && ask == &ask->lookup->asks[ask->lookup->current])
		lookup_refuse(ask->lookup, clock_mono());
	serve_turn(to->engine);
}

size_t dns_engine_n_servers(const struct dns_engine *engine)
{
	return engine->n_servers;
}

/* Lookups that are asked or to be sent have one place each; what is on the wire beyond that are
 * asks that have been replaced. */
static size_t count_abandoned(const struct server *s)
{
	const struct port *p;
	size_t n = 0;

	TAILQ_FOREACH (p, &s->ports, link)
		n += p->asks.n;
	TAILQ_FOREACH (p, &s->retired, link)
		n += p->asks.n;
	return n > s->n_in_flight ? n - s->n_in_flight : 0;
}

void dns_engine_server_stats(
    const struct dns_engine *engine, size_t server, struct dns_server_stats *ret_stats)
{
	const struct server *s = &engine->servers[server];

	*ret_stats = s->stats;
	ret_stats->endpoint = s->endpoint;
	ret_stats->n_in_flight = s->n_in_flight;
	ret_stats->window = s->window.size;
	ret_stats->n_abandoned = count_abandoned(s);
	ret_stats->n_sockets = s->n_ports;
	ret_stats->srtt = s->srtt;
	ret_stats->rest = server_rest(s);
	ret_stats->rest_until = server_rest_until(s);
}
