/* Origins and their turns. */
#include "fetch/origin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "fetch/origin_private.h"

/* Origins remembered without anything to do: what is known of them serves the next job. */
enum {
	MAX_IDLE = 2048,
	MAX_PER_TURN = 64,    /* a start costs tens of microseconds */
	HTTP2_CONNECTIONS = 2 /* of an origin */
};

/* --- The table --- */

static void free_origin(struct origin *o)
{
	struct host *h = o->host;

	way_close(o);
	timer_cancel(&o->wake);
	LIST_REMOVE(o, port_link);
	free(o);
	if (LIST_EMPTY(&h->ports))
		host_free(h);
}

static void free_oldest(struct origins *origins)
{
	struct origin *oldest = TAILQ_FIRST(&origins->idle);

	TAILQ_REMOVE(&origins->idle, oldest, turn);
	origins->n_idle--;
	free_origin(oldest);
}

/* Be in the list or not, as it should. */
static void set_failed(struct origin *o)
{
	struct origins *origins = o->host->origins;
	bool is_failed = !TAILQ_EMPTY(&o->failed);

	if (is_failed && !o->is_failed)
		TAILQ_INSERT_TAIL(&origins->failed, o, fault);
	if (!is_failed && o->is_failed)
		TAILQ_REMOVE(&origins->failed, o, fault);
	o->is_failed = is_failed;
}

void origin_sort_in(struct origin *o)
{
	struct origins *origins = o->host->origins;
	bool is_ready = !TAILQ_EMPTY(&o->waiting);
	bool is_idle = o->n_running == 0 && !is_ready && TAILQ_EMPTY(&o->failed);

	set_failed(o);
	if (o->is_ready && !is_ready)
		TAILQ_REMOVE(&origins->ready, o, turn);
	if (o->is_idle && !is_idle) {
		TAILQ_REMOVE(&origins->idle, o, turn);
		origins->n_idle--;
	}
	if (is_ready && !o->is_ready)
		TAILQ_INSERT_TAIL(&origins->ready, o, turn);
	if (is_idle && !o->is_idle) {
		way_close(o);
		TAILQ_INSERT_TAIL(&origins->idle, o, turn);
		origins->n_idle++;
	}
	o->is_ready = is_ready;
	o->is_idle = is_idle;
	if (is_ready || o->is_failed)
		defer_start(&origins->serve);
	while (origins->n_idle > MAX_IDLE)
		free_oldest(origins);
}

/* Out of turn: it comes back when `origin_sort_in` is called for it. */
static void pass_over(struct origin *o)
{
	if (o->is_ready)
		TAILQ_REMOVE(&o->host->origins->ready, o, turn);
	o->is_ready = false;
}

static void on_wake(void *arg)
{
	origin_sort_in(arg);
}

static struct origin *get(struct origins *origins, const struct url *url)
{
	struct host *h = host_get(origins, url);
	struct origin *o;

	LIST_FOREACH (o, &h->ports, port_link) {
		if (o->port == url->port)
			return o;
	}
	o = xcalloc(1, sizeof(*o));
	o->host = h;
	o->port = url->port;
	o->fd = -1;
	o->least_patience = INT64_MAX;
	TAILQ_INIT(&o->waiting);
	TAILQ_INIT(&o->failed);
	timer_init(&o->wake, origins->opts.loop, on_wake, o);
	LIST_INSERT_HEAD(&h->ports, o, port_link);
	return o;
}

/* --- Failures --- */

void origin_set_failure(struct origin *o, enum reason reason, bool is_attempt, const char *detail)
{
	o->failure.reason = reason;
	o->failure.is_attempt = is_attempt;
	snprintf(o->failure.detail, sizeof(o->failure.detail), "%s", detail);
}

void origin_fail(struct origin *o, struct ticket *t)
{
	TAILQ_REMOVE(&o->waiting, t, link);
	TAILQ_INSERT_TAIL(&o->failed, t, link);
	t->is_failed = true;
}

/* Tell one, which may do whatever it likes. */
static void tell_failure(struct origin *o)
{
	const struct origins_opts *opts = &o->host->origins->opts;
	struct ticket *t = TAILQ_FIRST(&o->failed);
	char detail[sizeof(o->failure.detail)];
	const struct origin_failure failure = {
	    .reason = o->failure.reason, .detail = detail, .is_attempt = o->failure.is_attempt};

	memcpy(detail, o->failure.detail, sizeof(detail));
	TAILQ_REMOVE(&o->failed, t, link);
	t->origin = NULL;
	t->is_failed = false;
	origin_sort_in(o); /* it may be freed now */
	opts->on_failed(t, &failure, opts->arg);
}

/* --- Turns --- */

static unsigned origin_limit(const struct origin *o)
{
	const struct origins_opts *opts = &o->host->origins->opts;

	if (!o->is_http2)
		return opts->per_host;
	return o->most_streams > 0 && o->most_streams < opts->streams ? o->most_streams
								      : opts->streams;
}

/* Say whether one more may start at the origin now. When not, and time alone will change that, a
 * timer is set. */
static bool may_start(struct origin *o, usec_t now)
{
	struct host *h = o->host;

	if (h->n_running >= host_limit(h) || o->n_running >= origin_limit(o) ||
	    !host_is_resolved(h, now))
		return false;
	if (!way_is_open(o, now))
		return false;
	if (now < o->hold_until) {
		timer_start(&o->wake, o->hold_until - now);
		return false;
	}
	if (!bucket_take(&h->bucket, now)) {
		timer_start(&h->wake, bucket_wait(&h->bucket, now));
		return false;
	}
	return true;
}

static void start(struct origin *o, usec_t now)
{
	struct origins *origins = o->host->origins;
	struct ticket *t = TAILQ_FIRST(&o->waiting);

	TAILQ_REMOVE(&o->waiting, t, link);
	o->n_running++;
	o->host->n_running++;
	origins->n_running++;
	t->is_running = true;
	t->started_at = now;
	t->address = o->winner;
	origin_sort_in(o);
	if (o->is_ready) { /* the next one's turn */
		TAILQ_REMOVE(&origins->ready, o, turn);
		TAILQ_INSERT_TAIL(&origins->ready, o, turn);
	}
	origins->opts.on_start(t, origins->opts.arg);
}

static void serve(void *arg)
{
	struct origins *origins = arg;
	usec_t now = clock_mono();
	struct origin *o;
	int n = 0;

	while (n < MAX_PER_TURN && (o = TAILQ_FIRST(&origins->failed)) != NULL) {
		tell_failure(o);
		n++;
	}
	while (n < MAX_PER_TURN && (o = TAILQ_FIRST(&origins->ready)) != NULL) {
		if (origins->n_running >= origins->opts.total)
			break; /* a release serves again */
		if (may_start(o, now)) {
			start(o, now);
		} else {
			pass_over(o);
			set_failed(o);
		}
		n++;
	}
	if (!TAILQ_EMPTY(&origins->failed) ||
	    (!TAILQ_EMPTY(&origins->ready) && origins->n_running < origins->opts.total))
		defer_start(&origins->serve);
}

void ticket_queue(
    struct origins *origins, struct ticket *ticket, const struct url *url, usec_t patience)
{
	struct origin *o = get(origins, url);

	*ticket = (struct ticket){.origin = o, .queued_at = clock_mono(), .patience = patience};
	TAILQ_INSERT_TAIL(&o->waiting, ticket, link);
	way_add(o, ticket);
	origin_sort_in(o);
}

void ticket_release(struct origins *origins, struct ticket *ticket, enum origin_outcome outcome)
{
	struct origin *o = ticket->origin;

	if (o == NULL)
		return;
	if (ticket->is_running) {
		o->n_running--;
		o->host->n_running--;
		o->host->n_done++;
		origins->n_running--;
		host_adapt(o->host, ticket, outcome);
		host_wake(o->host);
	} else {
		TAILQ_REMOVE(ticket->is_failed ? &o->failed : &o->waiting, ticket, link);
	}
	ticket->origin = NULL;
	ticket->is_running = ticket->is_failed = false;
	origin_sort_in(o);
	if (!TAILQ_EMPTY(&origins->ready))
		defer_start(&origins->serve);
}

static void set_http2(struct origin *o, bool is_http2)
{
	struct host *h = o->host;
	const struct origin *other;

	if (o->is_http2 == is_http2)
		return;
	o->is_http2 = is_http2;
	o->most_streams = 0;
	h->is_http2 = false;
	LIST_FOREACH (other, &h->ports, port_link)
		h->is_http2 = h->is_http2 || other->is_http2;
	if (is_http2)
		host_open(h, o->host->origins->opts.streams / 2);
	host_wake(h);
}

void ticket_note_answer(struct ticket *ticket, bool is_http2)
{
	way_is_good(ticket->origin);
	set_http2(ticket->origin, is_http2);
}

unsigned ticket_most_connections(const struct ticket *ticket)
{
	return ticket->origin->is_http2 ? HTTP2_CONNECTIONS : 0;
}

void ticket_is_crowded(struct ticket *ticket)
{
	struct origin *o = ticket->origin;

	o->most_streams = o->n_running > 1 ? o->n_running - 1 : 1;
}

bool ticket_keeps_connection(const struct ticket *ticket)
{
	const struct origin *o = ticket->origin;

	return o->host->n_done > 0 || o->n_running > 1 || !TAILQ_EMPTY(&o->waiting);
}

void ticket_hold_origin(struct ticket *ticket, usec_t delay)
{
	usec_t until = clock_mono() + delay;

	if (until > ticket->origin->hold_until)
		ticket->origin->hold_until = until;
}

size_t origins_running(const struct origins *origins)
{
	return origins->n_running;
}

size_t origins_count(const struct origins *origins)
{
	return HASH_COUNT(origins->table);
}

struct origins *origins_new(const struct origins_opts *opts)
{
	struct origins *origins = xcalloc(1, sizeof(*origins));

	origins->opts = *opts;
	TAILQ_INIT(&origins->ready);
	TAILQ_INIT(&origins->idle);
	TAILQ_INIT(&origins->blocked);
	TAILQ_INIT(&origins->failed);
	defer_init(&origins->serve, opts->loop, serve, origins);
	return origins;
}

void origins_set_limits(struct origins *origins, unsigned total, unsigned per_host, double rate)
{
	bool is_new_rate = rate < origins->opts.rate || rate > origins->opts.rate;
	struct host *h;

	origins->opts.total = total;
	origins->opts.per_host = per_host;
	origins->opts.rate = rate;
	for (h = origins->table; h != NULL; h = h->hh.next) {
		if (is_new_rate)
			bucket_init(&h->bucket, rate, clock_mono());
		host_wake(h);
	}
}

void origins_set_streams(struct origins *origins, unsigned streams)
{
	origins->opts.streams = streams;
}

void origins_set_connect_timeout(struct origins *origins, usec_t connect_timeout)
{
	origins->opts.connect_timeout = connect_timeout;
}

void origins_free(struct origins *origins)
{
	struct host *h, *next;
	struct origin *o;
	bool is_last;

	if (origins == NULL)
		return;
	for (h = origins->table; h != NULL; h = next) {
		next = h->hh.next;
		do {
			o = LIST_FIRST(&h->ports);
			is_last = LIST_NEXT(o, port_link) == NULL;
			free_origin(o); /* the last one takes its host along */
		} while (!is_last);
	}
	defer_cancel(&origins->serve);
	free(origins);
}
