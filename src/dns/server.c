/* The health of a server and its share of the questions. */
#include "dns/server.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/random.h"
#include "dns/port.h"
#include "dns/tcp.h"

#define RENEW_EVERY    (2 * USEC_PER_SEC)
#define PATIENCE_LEAST (200 * USEC_PER_MSEC)
#define PROBE_FIRST    (50 * USEC_PER_MSEC)
#define PROBE_MOST     (5 * USEC_PER_SEC)

#define BLAME_SPAN (100 * USEC_PER_MSEC)
#define LOG_LEAST  (10 * USEC_PER_SEC) /* between two lines on one server */

enum {
	UNHEALTHY_WINDOW = WINDOW_START,
	PACE_LOSSES = 8,
	PACE_LEAST = 50,
	PACE_END = 8,
	PROBES_LOOKED_AT = 4,
	CARRIED_WINDOW = 100 /* what HTTP/2 takes on a connection */
};

#define TCP_SPAN  USEC_PER_SEC
#define PACE_HOLD (2 * DNS_TICK)

static const double rest_above = 0.5, return_below = 0.25, tcp_above = 0.25;
static const double pace_above = 0.05, pace_growth = 1.25, pace_probe = 1.05, pace_back = 0.8;

static bool is_loopback(const struct address *a)
{
	static const uint8_t one[16] = {[15] = 1};

	return a->is_v6 ? memcmp(a->bytes, one, 16) == 0 : a->bytes[0] == 127;
}

void server_init(struct server *s, struct dns_engine *engine, const struct dns_server_opts *opts,
    enum dns_guard guard)
{
	usec_t now = clock_mono();

	*s = (struct server){.engine = engine, .endpoint = opts->endpoint, .honesty = HONEST};
	TAILQ_INIT(&s->ports);
	TAILQ_INIT(&s->retired);
	TAILQ_INIT(&s->outbox);
	TAILQ_INIT(&s->tcp_outbox);
	window_init(&s->window, opts->carrier != NULL ? CARRIED_WINDOW : DNS_MAX_WINDOW, now);
	bucket_init(&s->bucket, opts->max_qps, now);
	bucket_init(&s->pace, 0, now);
	s->ticked_at = now;
	s->carrier = opts->carrier;
	if (s->carrier != NULL) {
		s->carried = xcalloc(1, sizeof(*s->carried));
		asks_init(s->carried);
	}
	s->is_guarded = s->carrier == NULL &&
			(guard == DNS_GUARD_ALL ||
			    (guard == DNS_GUARD_REMOTE && !is_loopback(&opts->endpoint.address)));
	random_bytes(s->cookie, DNS_COOKIE_CLIENT);
	s->n_cookie = DNS_COOKIE_CLIENT;
	s->probe_period = PROBE_FIRST;
}

void server_done(struct server *s)
{
	tcp_close(s);
	ports_close(s);
	if (s->carrier != NULL)
		s->carrier->free(s->carrier->arg);
	free(s->carried);
}

/* Whether it is left alone for what health checks say: not when that is said of all. */
static bool is_doubted(const struct server *s)
{
	return s->honesty == UNCHECKED || s->honesty == UNPROVEN ||
	       (s->honesty == LYING && s->engine->n_lying < s->engine->n_servers);
}

bool server_is_healthy(const struct server *s)
{
	return !s->is_unreachable && !s->is_refusing && !s->is_rested &&
	       !window_is_dead(&s->window) && !is_doubted(s);
}

enum dns_rest server_rest(const struct server *s)
{
	if (s->honesty == LYING)
		return DNS_LYING;
	if (s->is_unreachable)
		return DNS_NO_ROUTE;
	if (s->is_refusing)
		return DNS_CLOSED;
	if (s->is_rested)
		return DNS_FAILING;
	if (window_is_dead(&s->window))
		return DNS_SILENT;
	return s->honesty == HONEST ? DNS_HEALTHY : DNS_UNPROVEN;
}

usec_t server_rest_until(const struct server *s)
{
	if (server_is_healthy(s) || s->is_unreachable)
		return 0;
	return is_doubted(s) ? s->check_at : s->probe_at;
}

const char *dns_rest_name(enum dns_rest rest)
{
	static const char *const names[] = {[DNS_HEALTHY] = "healthy",
	    [DNS_NO_ROUTE] = "no_route",
	    [DNS_CLOSED] = "closed",
	    [DNS_SILENT] = "silent",
	    [DNS_FAILING] = "failing",
	    [DNS_LYING] = "lying",
	    [DNS_UNPROVEN] = "unproven"};

	return names[rest];
}

/* Each line that says a server is rested is followed by one when it is back. A server that comes
 * and goes is not told of each time. */
static void log_health(struct server *s)
{
	usec_t now = clock_mono();
	char text[ENDPOINT_TEXT_SIZE];

	endpoint_format(&s->endpoint, text);
	if (!s->is_unhealthy && s->is_logged) {
		s->is_logged = false;
		log_info("dns_server_back", "server=%s", text);
	} else if (s->is_unhealthy && s->honesty != UNCHECKED &&
		   (s->logged_at == 0 || now - s->logged_at >= LOG_LEAST)) {
		s->is_logged = true;
		s->logged_at = now;
		log_info(
		    "dns_server_rested", "server=%s why=%s", text, dns_rest_name(server_rest(s)));
	}
}

static void note_health(struct server *s)
{
	bool is_unhealthy = !server_is_healthy(s);

	if (is_unhealthy == s->is_unhealthy)
		return;
	s->is_unhealthy = is_unhealthy;
	if (is_unhealthy)
		TAILQ_INSERT_HEAD(&s->engine->resting, s, resting);
	else
		TAILQ_REMOVE(&s->engine->resting, s, resting);
	s->engine->n_unhealthy += is_unhealthy ? 1 : (size_t)-1;
	s->probe_period = PROBE_FIRST;
	s->probe_at = 0;
	log_health(s);
}

static void count_honesty(struct server *s, size_t one)
{
	s->engine->n_unchecked += s->honesty == UNCHECKED ? one : 0;
	s->engine->n_lying += s->honesty == LYING ? one : 0;
}

void server_set_honesty(struct server *s, enum honesty honesty)
{
	struct dns_engine *engine = s->engine;
	bool was_all = engine->n_lying == engine->n_servers;
	char text[ENDPOINT_TEXT_SIZE];

	if (honesty == s->honesty)
		return;
	bool did_lie = s->honesty == LYING;
	count_honesty(s, (size_t)-1);
	s->honesty = honesty;
	count_honesty(s, 1);
	endpoint_format(&s->endpoint, text);
	if (honesty == LYING)
		log_warning("dns_server_distrusted", "server=%s", text);
	else if (did_lie)
		log_info("dns_server_trusted", "server=%s", text);
	if (was_all != (engine->n_lying == engine->n_servers)) {
		for (size_t i = 0; i < engine->n_servers; i++)
			note_health(&engine->servers[i]);
	} else {
		note_health(s);
	}
	if (honesty == UNPROVEN)
		log_health(s);
}

size_t server_window(const struct server *s)
{
	bool is_paced = s->pace.rate > 0 && s->window.size < WINDOW_START;

	return is_paced ? WINDOW_START : s->window.size;
}

size_t server_room(const struct server *s)
{
	size_t size = server_window(s);

	if (s->is_unreachable || (s->engine->is_short && s->n_ports == 0 && s->carrier == NULL))
		return 0;
	if (!server_is_healthy(s)) {
		if (s->engine->n_unhealthy < s->engine->n_servers || s->engine->n_unchecked > 0 ||
		    s->honesty == LYING)
			return 0;
		size = size < UNHEALTHY_WINDOW ? size : UNHEALTHY_WINDOW;
	}
	return size > s->n_in_flight ? size - s->n_in_flight : 0;
}

static int tried_at(const struct dns_lookup *l, const struct server *s)
{
	for (int i = 0; i < l->n_tried; i++) {
		if (l->tried[i] == s)
			return i;
	}
	return -1;
}

bool server_is_any_left(const struct dns_engine *engine, const struct dns_lookup *l)
{
	size_t n_healthy = engine->n_servers - engine->n_unhealthy, n_tried = 0;

	if (l->n_tried == MAX_TRIED || l->only != NULL)
		return false;
	for (int i = 0; i < l->n_tried; i++)
		n_tried += server_is_healthy(l->tried[i]) ? 1 : 0;
	return n_healthy > n_tried;
}

bool server_takes_probe(struct server *s, usec_t now)
{
	if (s->is_unreachable || is_doubted(s) || s->probe_at > now)
		return false;
	s->probe_at = now + s->probe_period;
	s->probe_period = 2 * s->probe_period < PROBE_MOST ? 2 * s->probe_period : PROBE_MOST;
	return true;
}

/* A server that doesn't work gets a question of a lookup that has others to go to, now and then. */
static struct server *pick_to_probe(
    struct dns_engine *engine, const struct dns_lookup *l, usec_t now)
{
	if (engine->n_unhealthy == 0 || engine->n_unhealthy == engine->n_servers ||
	    l->n_attempts > 0)
		return NULL;
	for (int i = 0; i < PROBES_LOOKED_AT; i++) {
		struct server *s = TAILQ_FIRST(&engine->resting);
		TAILQ_REMOVE(&engine->resting, s, resting);
		TAILQ_INSERT_TAIL(&engine->resting, s, resting);
		if (s->n_in_flight == 0 && server_takes_probe(s, now))
			return s;
	}
	return NULL;
}

/* Any server with room, one that wasn't asked last if there is one. */
static struct server *pick_again(struct dns_engine *engine, const struct dns_lookup *l)
{
	struct server *found = NULL;
	int found_at = MAX_TRIED;
	bool is_any_healthy = engine->n_unhealthy < engine->n_servers;

	for (size_t i = 0; i < engine->n_servers; i++) {
		size_t at = engine->strategy == DNS_ORDER ? i : engine->next_server + i;
		struct server *s = &engine->servers[at % engine->n_servers];
		int tried = tried_at(l, s);
		if ((is_any_healthy && s->is_unhealthy) || tried >= found_at)
			continue;
		if (server_room(s) == 0) {
			window_on_full(&s->window);
			continue;
		}
		found = s;
		found_at = tried;
	}
	return found;
}

bool server_is_awaited(const struct server *s)
{
	return s->engine->strategy == DNS_ORDER && s->honesty == UNCHECKED;
}

struct server *server_pick(struct dns_engine *engine, const struct dns_lookup *l, usec_t now)
{
	if (l->only != NULL)
		return l->only->is_unreachable ? NULL : l->only;
	struct server *s = pick_to_probe(engine, l, now);
	size_t n = engine->n_servers;

	if (s != NULL || !server_is_any_left(engine, l))
		return s != NULL ? s : pick_again(engine, l);
	for (size_t i = 0; i < n; i++) {
		size_t at = engine->strategy == DNS_ORDER ? i : engine->next_server + i;
		s = &engine->servers[at % n];
		if (server_is_awaited(s))
			break;
		if (s->is_unhealthy || tried_at(l, s) >= 0)
			continue;
		if (server_room(s) > 0) {
			engine->next_server = at % n + 1;
			return s;
		}
		window_on_full(&s->window);
		if (engine->strategy == DNS_ORDER)
			break;
	}
	return NULL;
}

usec_t server_patience(const struct server *s, usec_t most)
{
	usec_t patience = 3 * s->srtt + 4 * s->rttvar;

	if (s->srtt == 0 || patience > most)
		return most;
	if (patience < PATIENCE_LEAST)
		patience = PATIENCE_LEAST;
	return patience < most ? patience : most;
}

/* RFC 6298's estimate. */
static void note_rtt(struct server *s, usec_t rtt)
{
	usec_t off = rtt > s->srtt ? rtt - s->srtt : s->srtt - rtt;

	if (s->srtt == 0) {
		s->srtt = rtt > 0 ? rtt : 1;
		s->rttvar = rtt / 2;
		return;
	}
	s->rttvar += (off - s->rttvar) / 4;
	s->srtt += (rtt - s->srtt) / 8;
	s->srtt = s->srtt > 0 ? s->srtt : 1;
}

void server_on_answer(struct server *s, usec_t now, usec_t rtt)
{
	s->is_refusing = false;
	note_rtt(s, rtt);
	window_on_answer(&s->window, now, rtt);
	if (s->is_unhealthy)
		note_health(s);
}

/* Too many questions get no answer: a little slower than now, or as fast as answers come. What was
 * sent before is lost for a while yet. */
static void slow_down(struct server *s, double rate, usec_t now)
{
	double pace = s->pace.rate > 0 ? pace_back * s->pace.rate : pace_growth * rate;

	s->pace_lost = s->pace.rate; /* what was measured under a full window tells little */
	s->pace_hold_until = now + PACE_HOLD;
	pace = pace > rate ? pace : rate;
	bucket_init(&s->pace, pace > PACE_LEAST ? pace : PACE_LEAST, now);
}

/* Grow slowly around the pace that was too fast, and fast elsewhere. */
static void speed_up(struct server *s, double rate, usec_t now)
{
	bool is_near =
	    s->pace.rate > pace_back * s->pace_lost && s->pace.rate < s->pace_lost * 1.25;
	double pace = s->pace.rate * (is_near ? pace_probe : pace_growth);

	bucket_init(&s->pace, rate > 0 && pace > PACE_END * rate ? 0 : pace, now);
}

static void on_route(struct server *s)
{
	char text[ENDPOINT_TEXT_SIZE];

	endpoint_format(&s->endpoint, text);
	log_info("dns_server_reached", "server=%s", text);
	s->is_unreachable = false;
	note_health(s);
}

void server_tick(struct server *s, usec_t now)
{
	double n_answers = (double)(s->stats.n_answers - s->n_answers_then),
	       n_timeouts = (double)(s->stats.n_timeouts - s->n_timeouts_then),
	       seconds = (double)(now - s->ticked_at) / USEC_PER_SEC;
	int error;

	ports_sweep(s, now);
	if (s->is_unreachable && port_choose(s, now, &error) != NULL)
		on_route(s);
	s->n_answers_then = s->stats.n_answers;
	s->n_timeouts_then = s->stats.n_timeouts;
	s->ticked_at = now;
	if (seconds <= 0 || n_answers + n_timeouts < 1)
		return;
	if (s->pace_hold_until > now)
		return;
	double rate = n_answers / seconds, loss = n_timeouts / (n_answers + n_timeouts);
	if (n_timeouts >= PACE_LOSSES && loss > s->window.usual_loss + pace_above)
		slow_down(s, rate, now);
	else if (s->pace.rate > 0)
		speed_up(s, rate, now);
}

void server_on_size(struct server *s, bool is_truncated, bool is_tcp, usec_t now)
{
	if (is_tcp) {
		s->has_tcp = true;
		return;
	}
	s->cut += ((is_truncated ? 1 : 0) - s->cut) / 16;
	if (is_truncated && s->has_tcp && s->cut > tcp_above)
		s->tcp_until = now + TCP_SPAN;
}

void server_on_loss(struct server *s, usec_t now, usec_t timeout)
{
	s->stats.n_timeouts++;
	window_on_loss(&s->window, now, timeout);
	if (window_is_dead(&s->window) && now - s->renewed_at >= RENEW_EVERY) {
		s->renewed_at = now; /* it may be the sockets that hear nothing */
		ports_retire(s);
	}
	note_health(s);
}

void server_on_refused(struct server *s)
{
	s->stats.n_refused++;
	s->is_refusing = true;
	note_health(s);
}

void server_on_network(struct server *s, usec_t now)
{
	ports_retire(s);
	tcp_close(s);
	if (window_is_dead(&s->window))
		window_init(&s->window, DNS_MAX_WINDOW, now);
	s->is_refusing = s->is_unreachable = false;
	note_health(s);
}

void server_on_no_route(struct server *s, int error)
{
	char text[ENDPOINT_TEXT_SIZE];

	if (!s->is_unreachable) {
		endpoint_format(&s->endpoint, text);
		log_warning("dns_server_unreachable", "server=%s error=%s", text,
		    log_quote(strerror(error)));
	}
	s->is_unreachable = true;
	note_health(s);
	ports_retire(s); /* they are tied to an address that may be gone */
	if (!timer_is_set(&s->engine->tick))
		timer_start(&s->engine->tick, DNS_TICK);
}

void server_on_failure(struct server *s, usec_t now)
{
	s->is_refusing = false;
	if (window_is_dead(&s->window))
		window_on_answer(&s->window, now, s->srtt);
	if (s->is_unhealthy)
		note_health(s);
}

void server_on_blame(struct server *s, bool is_good, usec_t now)
{
	if (!is_good)
		window_on_loss(&s->window, now, BLAME_SPAN);
	s->blame += ((is_good ? 0 : 1) - s->blame) / 16;
	if (!s->is_rested && s->blame > rest_above) {
		s->is_rested = true;
		note_health(s);
	} else if (s->is_rested && s->blame < return_below) {
		s->is_rested = false;
		note_health(s);
	}
	if (is_good && s->is_rested) { /* ask it more often */
		s->probe_period = PROBE_FIRST;
		s->probe_at = 0;
	}
}
