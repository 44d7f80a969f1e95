/* Queries, servers and their windows above evdns. */
#include "engine/resolver_evdns.h"

#include <errno.h>
#include <event2/dns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metrics.h"
#include "engine/window.h"
#include "loop/loop.h"

#define GIVE_UP_DEFAULT (10 * USEC_PER_SEC)
#define DOUBT_SPAN      (60 * USEC_PER_SEC)
#define REACH_PERIOD    USEC_PER_SEC

enum {
	MAX_INFLIGHT = 60000,  /* evdns's own limit: never reached, see MAX_ABANDONED */
	MAX_ABANDONED = 32768, /* half of the identifiers, so that free ones are found at once */
	DEAD_WINDOW = 1,       /* one query at a time asks whether a dead server is back */
	ALL_DEAD_WINDOW = WINDOW_START,
};

TAILQ_HEAD(query_list, query);

struct server {
	struct resolver *resolver; /* borrowed */
	struct endpoint endpoint;
	struct evdns_base *base; /* owned */
	struct window window;
	size_t n_waiting;          /* within their time-out */
	struct query_list queries; /* all that evdns has, waiting and abandoned */
	size_t n_queries;
	usec_t doubt_until;
	bool is_dead;
	bool is_connected;  /* until then it is not asked, */
	struct timer reach; /* and connecting tried again and again */
	struct metric_cell *sent, *late, *answers[N_RCODES];
};

struct resolver {
	struct loop *loop; /* borrowed */
	usec_t give_up;
	size_t n_servers, next_server, n_dead;
	struct server *servers; /* owned */
	void (*on_room)(void *arg);
	void *on_room_arg;
	struct query_list spare; /* queries to be used again */
	struct metric_cell *duration;
};

struct query {
	TAILQ_ENTRY(query) link;
	struct server *server;
	const struct query_events *events; /* NULL: dropped */
	void *arg;
	struct timer timer;
	usec_t started_at, timeout;
	bool is_waiting; /* within its time-out */
};

static bool is_usable(const struct server *s)
{
	const struct resolver *r = s->resolver;
	size_t size = s->window.size;

	if (!s->is_connected)
		return false;
	if (s->is_dead)
		size = r->n_dead == r->n_servers ? ALL_DEAD_WINDOW : DEAD_WINDOW;
	return s->n_waiting < size && s->n_queries - s->n_waiting < MAX_ABANDONED;
}

static void note_health(struct server *s)
{
	bool is_dead = window_is_dead(&s->window);
	char text[ENDPOINT_TEXT_SIZE];

	if (is_dead == s->is_dead)
		return;
	s->is_dead = is_dead;
	s->resolver->n_dead += is_dead ? 1 : (size_t)-1;
	endpoint_format(&s->endpoint, text);
	if (is_dead)
		log_debug("dns_server_dead", "server=%s", text);
	else
		log_debug("dns_server_back", "server=%s", text);
}

static void free_query(struct query *q)
{
	struct server *s = q->server;

	timer_cancel(&q->timer);
	TAILQ_REMOVE(&s->queries, q, link);
	s->n_queries--;
	if (q->is_waiting)
		s->n_waiting--;
	TAILQ_INSERT_HEAD(&s->resolver->spare, q, link);
}

static void tell_room(struct resolver *r)
{
	if (r->on_room != NULL)
		r->on_room(r->on_room_arg);
}

/* The errors of evdns. Any that stands for "no answer" came from the server unless evdns's own
 * time-out has passed. */
static enum rcode rcode_of(int error, bool gave_up)
{
	switch (error) {
	case DNS_ERR_NONE:
		return RCODE_NOERROR;
	case DNS_ERR_NODATA:
		return RCODE_NODATA;
	case DNS_ERR_NOTEXIST:
		return RCODE_NXDOMAIN;
	case DNS_ERR_SERVERFAILED:
		return RCODE_SERVFAIL;
	case DNS_ERR_TIMEOUT:
		return gave_up ? RCODE_TIMEOUT : RCODE_SERVFAIL;
	case DNS_ERR_REFUSED:
	case DNS_ERR_NOTIMPL:
		return RCODE_REFUSED;
	case DNS_ERR_TRUNCATED:
		return RCODE_TRUNCATED;
	default:
		return RCODE_MALFORMED;
	}
}

static size_t copy_addresses(int type, int count, const void *data, struct address *ret_addresses)
{
	size_t size = type == DNS_IPv6_AAAA ? 16 : 4, n = 0;

	if (type != DNS_IPv6_AAAA && type != DNS_IPv4_A)
		return 0;
	for (; n < (size_t)count && n < RESULT_MAX_ADDRESSES; n++) {
		ret_addresses[n] = (struct address){.is_v6 = type == DNS_IPv6_AAAA};
		memcpy(ret_addresses[n].bytes, (const uint8_t *)data + n * size, size);
	}
	return n;
}

static void on_timeout(void *arg)
{
	struct query *q = arg;
	struct server *s = q->server;

	q->is_waiting = false;
	s->n_waiting--;
	metric_add(s->answers[RCODE_TIMEOUT], 1);
	window_on_loss(&s->window, clock_mono(), q->timeout);
	note_health(s);
	if (q->events != NULL)
		q->events->on_timeout(q, q->arg);
	tell_room(s->resolver);
}

static void count_answer(struct server *s, const struct answer *answer, usec_t now)
{
	metric_observe(s->resolver->duration, (double)answer->rtt / USEC_PER_SEC);
	metric_add(answer->is_late ? s->late : s->answers[answer->rcode], 1);
	window_on_answer(&s->window, now, answer->rtt);
	note_health(s);
}

static void on_evdns(int error, char type, int count, int ttl, void *data, void *arg)
{
	struct query *q = arg;
	struct server *s = q->server;
	struct resolver *r = s->resolver;
	usec_t now = clock_mono(), rtt = now - q->started_at;
	struct address addresses[RESULT_MAX_ADDRESSES];
	struct answer answer = {
	    .rtt = rtt, .server = &s->endpoint, .is_late = !q->is_waiting, .addresses = addresses};

	if (error == DNS_ERR_SHUTDOWN || error == DNS_ERR_CANCEL)
		return; /* the resolver is being freed, and the query with it */
	answer.rcode = rcode_of(error, rtt >= r->give_up - USEC_PER_MSEC);
	if (answer.rcode == RCODE_TIMEOUT) {
		/* the identifier is free again: an answer that still comes could hit another query
		 */
		s->doubt_until = now + DOUBT_SPAN;
		if (q->is_waiting)
			on_timeout(q);
		answer.is_late = true;
	}
	if (answer.rcode == RCODE_NOERROR) {
		answer.n_addresses = copy_addresses(type, count, data, addresses);
		answer.ttl = ttl > 0 ? (uint32_t)ttl : 0;
		if (answer.n_addresses == 0)
			answer.rcode = RCODE_NODATA;
	}
	answer.is_doubtful = answer.rcode == RCODE_NXDOMAIN && now < s->doubt_until;
	if (answer.rcode != RCODE_TIMEOUT)
		count_answer(s, &answer, now);
	const struct query_events *events = q->events;
	void *events_arg = q->arg;
	free_query(q);
	if (events != NULL)
		events->on_answer(q, &answer, events_arg);
	tell_room(r);
}

static struct server *pick(struct resolver *r, const struct endpoint *avoid)
{
	struct server *second = NULL;

	for (size_t i = 0; i < r->n_servers; i++) {
		struct server *s = &r->servers[(r->next_server + i) % r->n_servers];
		if (!is_usable(s)) {
			window_on_full(&s->window);
			continue;
		}
		if (&s->endpoint == avoid ||
		    (s->is_dead && r->n_dead < r->n_servers && avoid != NULL)) {
			second = s;
			continue;
		}
		r->next_server = (size_t)(s - r->servers) + 1;
		return s;
	}
	return second;
}

static struct query *new_query(struct resolver *r)
{
	struct query *q = TAILQ_FIRST(&r->spare);

	if (q != NULL) {
		TAILQ_REMOVE(&r->spare, q, link);
		return q;
	}
	q = xcalloc(1, sizeof(*q));
	timer_init(&q->timer, r->loop, on_timeout, q);
	return q;
}

struct query *query_start(struct resolver *r, const char *name, enum rrtype type, usec_t timeout,
    const struct endpoint *avoid, const struct query_events *events, void *arg)
{
	struct server *s = pick(r, avoid);
	if (s == NULL)
		return NULL;
	struct query *q = new_query(r);
	q->server = s;
	q->events = events;
	q->arg = arg;
	q->started_at = clock_mono();
	q->timeout = timeout;
	q->is_waiting = true;
	struct evdns_request *request =
	    type == RR_A ? evdns_base_resolve_ipv4(s->base, name, DNS_QUERY_NO_SEARCH, on_evdns, q)
			 : evdns_base_resolve_ipv6(s->base, name, DNS_QUERY_NO_SEARCH, on_evdns, q);
	if (request == NULL) { /* no memory, or a name that evdns can't encode: target_normalise
				  lets none pass */
		TAILQ_INSERT_HEAD(&r->spare, q, link);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&s->queries, q, link);
	s->n_queries++;
	s->n_waiting++;
	metric_add(s->sent, 1);
	timer_start(&q->timer, timeout < r->give_up ? timeout : r->give_up);
	return q;
}

const struct endpoint *query_server(const struct query *q)
{
	return &q->server->endpoint;
}

void query_drop(struct query *q)
{
	q->events = NULL;
}

size_t resolver_n_servers(const struct resolver *r)
{
	return r->n_servers;
}

size_t resolver_room(const struct resolver *r)
{
	size_t room = 0;

	for (size_t i = 0; i < r->n_servers; i++) {
		const struct server *s = &r->servers[i];
		if (is_usable(s))
			room += s->is_dead ? 1 : s->window.size - s->n_waiting;
	}
	return room;
}

void resolver_want_room(struct resolver *r)
{
	for (size_t i = 0; i < r->n_servers; i++)
		window_on_full(&r->servers[i].window);
}

void resolver_set_on_room(struct resolver *r, void (*on_room)(void *arg), void *arg)
{
	r->on_room = on_room;
	r->on_room_arg = arg;
}

static double get_window(void *arg)
{
	return (double)((struct server *)arg)->window.size;
}

static double get_in_flight(void *arg)
{
	return (double)((struct server *)arg)->n_waiting;
}

static double get_abandoned(void *arg)
{
	const struct server *s = arg;

	return (double)(s->n_queries - s->n_waiting);
}

static void add_metrics(struct server *s, const char *name)
{
	s->sent = metrics_cell(METRIC_DNS_QUERIES, name);
	s->late = metrics_cell(METRIC_DNS_LATE, name);
	for (int i = 0; i < N_RCODES; i++) {
		char outcome[16];
		size_t n = 0;
		for (const char *c = rcode_name((enum rcode)i); c[n] != '\0'; n++)
			outcome[n] = (char)(c[n] | 0x20);
		outcome[n] = '\0';
		s->answers[i] = metrics_cell(METRIC_DNS_ANSWERS, name, outcome);
	}
	metrics_getter(METRIC_DNS_WINDOW, get_window, s, name);
	metrics_getter(METRIC_DNS_IN_FLIGHT, get_in_flight, s, name);
	metrics_getter(METRIC_DNS_ABANDONED, get_abandoned, s, name);
}

struct connecting {
	const struct sockaddr_storage *address;
	socklen_t len;
	bool was_found, is_connected;
	int error;
};

/* Whether to go on: the one without a peer is the socket that was just made. */
static bool connect_socket(int fd, void *arg)
{
	struct connecting *c = arg;
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer), type_len = sizeof(int);
	int type = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) != 0 || type != SOCK_DGRAM ||
	    getpeername(fd, (struct sockaddr *)&peer, &len) == 0 || errno != ENOTCONN)
		return true;
	c->was_found = true;
	c->is_connected = connect(fd, (const struct sockaddr *)c->address, c->len) == 0;
	c->error = errno;
	return false;
}

/* Add the server to its base and give the socket its peer, so that the kernel lets in nothing but
 * what comes from the server's own address and port: evdns looks at the address alone. False when
 * evdns refuses it. */
static bool add_nameserver(struct server *s)
{
	struct sockaddr_storage address;
	socklen_t len = endpoint_to_sockaddr(&s->endpoint, &address);
	struct connecting c = {.address = &address, .len = len};

	if (evdns_base_nameserver_sockaddr_add(s->base, (struct sockaddr *)&address, len, 0) != 0)
		return false;
	loop_each_fd(s->resolver->loop, connect_socket, &c);
	s->is_connected = c.is_connected;
	if (!c.is_connected) /* a socket without a peer would be taken for another server's */
		evdns_base_clear_nameservers_and_suspend(s->base);
	errno = c.error;
	return c.was_found;
}

/* A server without a route to it, as before the network is up, gets a new socket each second. */
static void reach_server(void *arg)
{
	struct server *s = arg;
	char name[ENDPOINT_TEXT_SIZE];

	endpoint_format(&s->endpoint, name);
	if (!add_nameserver(s) || !s->is_connected) {
		timer_start(&s->reach, REACH_PERIOD);
		return;
	}
	evdns_base_resume(s->base);
	log_info("dns_server_reached", "server=%s", name);
	tell_room(s->resolver);
}

static bool start_server(struct server *s)
{
	struct resolver *r = s->resolver;
	char name[ENDPOINT_TEXT_SIZE], seconds[32];

	endpoint_format(&s->endpoint, name);
	TAILQ_INIT(&s->queries);
	window_init(&s->window, RESOLVER_MAX_WINDOW, clock_mono());
	s->base = evdns_base_new(loop_event_base(r->loop), 0);
	if (s->base == NULL)
		return false;
	snprintf(seconds, sizeof(seconds), "%.3f", (double)r->give_up / USEC_PER_SEC);
	const char *const options[][2] = {{"timeout", seconds}, {"attempts", "1"},
	    {"randomize-case", "0"}, {"max-timeouts", "255"}, {"initial-probe-timeout", "3600"},
	    {"so-rcvbuf", "4194304"}, {"so-sndbuf", "4194304"}};
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		evdns_base_set_option(s->base, options[i][0], options[i][1]);
	snprintf(seconds, sizeof(seconds), "%d", MAX_INFLIGHT);
	evdns_base_set_option(s->base, "max-inflight", seconds);
	timer_init(&s->reach, r->loop, reach_server, s);
	if (!add_nameserver(s))
		return false;
	if (!s->is_connected) {
		log_warning("dns_server_unreachable", "server=%s error=%s", name,
		    log_quote(strerror(errno)));
		timer_start(&s->reach, REACH_PERIOD);
	}
	add_metrics(s, name);
	return true;
}

struct resolver *resolver_new(struct loop *loop, const struct resolver_opts *opts)
{
	struct resolver *r = xcalloc(1, sizeof(*r));

	r->loop = loop;
	r->give_up = opts->give_up > 0 ? opts->give_up : GIVE_UP_DEFAULT;
	r->servers = xcalloc(opts->n_servers, sizeof(*r->servers));
	r->duration = metrics_cell(METRIC_DNS_DURATION);
	TAILQ_INIT(&r->spare);
	for (; r->n_servers < opts->n_servers; r->n_servers++) {
		struct server *s = &r->servers[r->n_servers];
		s->resolver = r;
		s->endpoint = opts->servers[r->n_servers];
		if (!start_server(s)) {
			evdns_base_free(s->base, 0);
			resolver_free(r);
			return NULL;
		}
	}
	return r;
}

static void free_queries(struct query_list *list)
{
	struct query *q;

	while ((q = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, q, link);
		timer_cancel(&q->timer);
		free(q);
	}
}

void resolver_free(struct resolver *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->n_servers; i++) {
		timer_cancel(&r->servers[i].reach);
		evdns_base_free(r->servers[i].base, 0);
		free_queries(&r->servers[i].queries);
	}
	free_queries(&r->spare);
	free(r->servers);
	free(r);
}

usec_t resolver_overdue(const struct resolver *r)
{
	usec_t now = clock_mono(), most = 0;

	for (size_t i = 0; i < r->n_servers; i++) {
		const struct query *oldest = TAILQ_FIRST(&r->servers[i].queries);
		usec_t late = oldest != NULL ? now - oldest->started_at - r->give_up : 0;
		most = late > most ? late : most;
	}
	return most;
}
