/* Queries, servers and their windows above evdns. */
#include "check/resolver_evdns.h"

#include <errno.h>
#include <event2/dns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metrics.h"
#include "check/dns_socket.h"
#include "model/window.h"
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
	struct query_list waiting; /* within their time-out, the first to pass it in front */
	struct query_list abandoned;
	size_t n_waiting, n_abandoned;
	struct timer deadline; /* while any waits: not later than the first one's */
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
	usec_t started_at, timeout, deadline;
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
	return s->n_waiting < size && s->n_abandoned < MAX_ABANDONED;
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
	log_debug(is_dead ? "dns_server_dead" : "dns_server_back", "server=%s", text);
}

/* Take the query out of the list it stands in. */
static void unlink_query(struct query *q)
{
	struct server *s = q->server;

	if (q->is_waiting) {
		TAILQ_REMOVE(&s->waiting, q, link);
		s->n_waiting--;
	} else {
		TAILQ_REMOVE(&s->abandoned, q, link);
		s->n_abandoned--;
	}
}

static void free_query(struct query *q)
{
	unlink_query(q);
	TAILQ_INSERT_HEAD(&q->server->resolver->spare, q, link);
}

/* Time-outs are nearly always alike, so its place is nearly always the last. */
static void add_waiting(struct server *s, struct query *q)
{
	struct query *before = TAILQ_LAST(&s->waiting, query_list);

	while (before != NULL && before->deadline > q->deadline)
		before = TAILQ_PREV(before, query_list, link);
	if (before != NULL)
		TAILQ_INSERT_AFTER(&s->waiting, before, q, link);
	else
		TAILQ_INSERT_HEAD(&s->waiting, q, link);
	q->is_waiting = true;
	s->n_waiting++;
	if (before == NULL)
		timer_start(&s->deadline, q->deadline - q->started_at);
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
	static const enum rcode codes[] = {[DNS_ERR_NONE] = RCODE_NOERROR,
	    [DNS_ERR_FORMAT] = RCODE_FORMERR,
	    [DNS_ERR_SERVERFAILED] = RCODE_SERVFAIL,
	    [DNS_ERR_NOTEXIST] = RCODE_NXDOMAIN,
	    [DNS_ERR_NOTIMPL] = RCODE_NOTIMP,
	    [DNS_ERR_REFUSED] = RCODE_REFUSED};

	if (error >= 0 && (size_t)error < sizeof(codes) / sizeof(codes[0]))
		return codes[error];
	switch (error) {
	case DNS_ERR_NODATA:
		return RCODE_NODATA;
	case DNS_ERR_TIMEOUT:
		return gave_up ? RCODE_TIMEOUT : RCODE_SERVFAIL;
	case DNS_ERR_TRUNCATED:
		return RCODE_TRUNCATED;
	default: /* also codes that evdns has no name for */
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

static void abandon(struct query *q)
{
	struct server *s = q->server;

	unlink_query(q);
	q->is_waiting = false;
	TAILQ_INSERT_TAIL(&s->abandoned, q, link);
	s->n_abandoned++;
	metric_add(s->answers[RCODE_TIMEOUT], 1);
	window_on_loss(&s->window, clock_mono(), q->timeout);
	note_health(s);
	if (q->events != NULL)
		q->events->on_timeout(q, q->arg);
	tell_room(s->resolver);
}

static void on_deadline(void *arg)
{
	struct server *s = arg;
	struct query *q;
	usec_t now = clock_mono();

	while ((q = TAILQ_FIRST(&s->waiting)) != NULL && q->deadline <= now)
		abandon(q);
	if (q != NULL)
		timer_start(&s->deadline, q->deadline - now);
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
		/* the identifier is free: an answer that still comes could hit another query */
		s->doubt_until = now + DOUBT_SPAN;
		if (q->is_waiting)
			abandon(q);
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

	if (q == NULL)
		return xcalloc(1, sizeof(*q));
	TAILQ_REMOVE(&r->spare, q, link);
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
	q->deadline = q->started_at + (timeout < r->give_up ? timeout : r->give_up);
	struct evdns_request *request =
	    type == RR_A ? evdns_base_resolve_ipv4(s->base, name, DNS_QUERY_NO_SEARCH, on_evdns, q)
			 : evdns_base_resolve_ipv6(s->base, name, DNS_QUERY_NO_SEARCH, on_evdns, q);
	if (request == NULL) { /* no memory; or no valid name, and target_normalise passes none */
		TAILQ_INSERT_HEAD(&r->spare, q, link);
		return NULL;
	}
	add_waiting(s, q);
	metric_add(s->sent, 1);
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
	return (double)((struct server *)arg)->n_abandoned;
}

static void add_metrics(struct server *s, const char *name)
{
	s->sent = metrics_cell(METRIC_DNS_QUERIES, name);
	s->late = metrics_cell(METRIC_DNS_LATE, name);
	for (int i = 0; i < N_RCODES; i++) {
		const char *rcode = rcode_name((enum rcode)i);
		char outcome[16] = "";
		for (size_t n = 0; rcode[n] != '\0'; n++)
			outcome[n] = (char)(rcode[n] | 0x20);
		s->answers[i] = metrics_cell(METRIC_DNS_ANSWERS, name, outcome);
	}
	metrics_getter(METRIC_DNS_WINDOW, get_window, s, name);
	metrics_getter(METRIC_DNS_IN_FLIGHT, get_in_flight, s, name);
	metrics_getter(METRIC_DNS_ABANDONED, get_abandoned, s, name);
}

/* Add the server to its base and give the socket its peer: evdns looks at a reply's address alone,
 * not at its port. Return 0, or the system's error number. */
static int add_nameserver(struct server *s)
{
	struct sockaddr_storage address;
	socklen_t len = endpoint_to_sockaddr(&s->endpoint, &address);
	struct sockaddr *a = (struct sockaddr *)&address;

	if (evdns_base_nameserver_sockaddr_add(s->base, a, len, 0) != 0)
		return ENOTSOCK; /* it made none */
	int error = dns_socket_connect(s->resolver->loop, a, len);
	s->is_connected = error == 0;
	if (error != 0) /* a socket without a peer would be taken for another server's */
		evdns_base_clear_nameservers_and_suspend(s->base);
	return error;
}

/* A server without a route to it, as before the network is up, gets a new socket each second. */
static void reach_server(void *arg)
{
	struct server *s = arg;
	char name[ENDPOINT_TEXT_SIZE];

	endpoint_format(&s->endpoint, name);
	if (add_nameserver(s) != 0) {
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
	TAILQ_INIT(&s->waiting);
	TAILQ_INIT(&s->abandoned);
	timer_init(&s->deadline, r->loop, on_deadline, s);
	window_init(&s->window, RESOLVER_MAX_WINDOW, clock_mono());
	s->base = evdns_base_new(loop_event_base(r->loop), 0);
	if (s->base == NULL)
		return false;
	snprintf(seconds, sizeof(seconds), "%.3f", (double)r->give_up / USEC_PER_SEC);
	const char *const options[][2] = {{"timeout", seconds}, {"attempts", "1"},
	    {"randomize-case", "0"}, {"max-timeouts", "255"}, {"initial-check-timeout", "3600"},
	    {"so-rcvbuf", "4194304"}, {"so-sndbuf", "4194304"}};
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		evdns_base_set_option(s->base, options[i][0], options[i][1]);
	snprintf(seconds, sizeof(seconds), "%d", MAX_INFLIGHT);
	evdns_base_set_option(s->base, "max-inflight", seconds);
	timer_init(&s->reach, r->loop, reach_server, s);
	int error = add_nameserver(s);
	if (error == ENOTSOCK)
		return false;
	if (error != 0) {
		log_warning("dns_server_unreachable", "server=%s error=%s", name,
		    log_quote(strerror(error)));
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
		free(q);
	}
}

void resolver_free(struct resolver *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->n_servers; i++) {
		struct server *s = &r->servers[i];
		timer_cancel(&s->reach);
		timer_cancel(&s->deadline);
		metrics_forget(s);
		evdns_base_free(s->base, 0);
		free_queries(&s->waiting);
		free_queries(&s->abandoned);
	}
	free_queries(&r->spare);
	free(r->servers);
	free(r);
}

usec_t resolver_overdue(const struct resolver *r)
{
	usec_t now = clock_mono(), most = 0;

	for (size_t i = 0; i < 2 * r->n_servers; i++) {
		const struct server *s = &r->servers[i / 2];
		const struct query *q = TAILQ_FIRST(i % 2 == 0 ? &s->waiting : &s->abandoned);
		usec_t late = q != NULL ? now - q->started_at - r->give_up : 0;
		most = late > most ? late : most;
	}
	return most;
}
