/* Hosts, their windows and their turns. */
#include "fetch/origin.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/alloc.h"
#include "check/checker.h"
#include "loop/loop.h"
#include "model/bucket.h"
#include "model/url.h"

/* Hosts remembered without anything to do: their windows and addresses serve the next job. */
enum { MAX_IDLE = 2048, START_WINDOW = 4 };

/* Bounds of how long addresses are used, whatever their TTL. */
#define TTL_LEAST (5 * USEC_PER_SEC)
#define TTL_MOST  (300 * USEC_PER_SEC)

TAILQ_HEAD(ticket_list, ticket);

enum naming { UNRESOLVED, RESOLVING, RESOLVED };

struct origin {
	UT_hash_handle hh;
	struct origins *origins;
	TAILQ_ENTRY(origin) turn; /* in `ready` while is_ready, in `idle` while is_idle */
	bool is_ready, is_idle;
	struct ticket_list waiting, running;
	unsigned n_running;
	uint64_t n_done;
	/* how hard it may be pressed */
	double window;
	bool is_opening; /* doubling until the first sign of trouble */
	usec_t closed_at;
	usec_t hold_until;
	struct bucket bucket;
	struct timer wake;
	/* where it is */
	enum naming naming;
	struct check *check;
	usec_t resolving_since, expires_at;
	size_t n_addresses;
	struct address addresses[ORIGIN_MAX_ADDRESSES];
	bool is_literal;
	char host[]; /* the key */
};

TAILQ_HEAD(origin_list, origin);

struct origins {
	struct origins_opts opts;
	struct origin *table; /* by host */
	struct origin_list ready, idle;
	size_t n_idle, n_running;
	struct defer serve;
};

/* --- The table --- */

static void free_origin(struct origin *o)
{
	struct origins *origins = o->origins;

	if (o->check != NULL)
		check_cancel(o->check);
	timer_cancel(&o->wake);
	HASH_DEL(origins->table, o);
	free(o);
}

/* Put the origin on the list where it belongs now. */
static void sort_in(struct origin *o)
{
	struct origins *origins = o->origins;
	bool is_idle = o->n_running == 0 && TAILQ_EMPTY(&o->waiting) && o->check == NULL;
	bool is_ready = !TAILQ_EMPTY(&o->waiting);

	if (o->is_ready && !is_ready)
		TAILQ_REMOVE(&origins->ready, o, turn);
	if (o->is_idle && !is_idle) {
		TAILQ_REMOVE(&origins->idle, o, turn);
		origins->n_idle--;
	}
	if (is_ready && !o->is_ready)
		TAILQ_INSERT_TAIL(&origins->ready, o, turn);
	if (is_idle && !o->is_idle) {
		TAILQ_INSERT_TAIL(&origins->idle, o, turn);
		origins->n_idle++;
	}
	o->is_ready = is_ready;
	o->is_idle = is_idle;
	if (is_ready)
		defer_start(&origins->serve);
	while (origins->n_idle > MAX_IDLE) {
		struct origin *oldest = TAILQ_FIRST(&origins->idle);
		TAILQ_REMOVE(&origins->idle, oldest, turn);
		origins->n_idle--;
		free_origin(oldest);
	}
}

/* Out of turn: it comes back when `sort_in` is called for it. */
static void pass_over(struct origin *o)
{
	if (o->is_ready)
		TAILQ_REMOVE(&o->origins->ready, o, turn);
	o->is_ready = false;
}

static void on_wake(void *arg)
{
	sort_in(arg);
}

static struct origin *get(struct origins *origins, const struct url *url)
{
	size_t len = strlen(url->host);
	struct origin *o = NULL;

	if (origins->table != NULL)
		HASH_FIND(hh, origins->table, url->host, len, o);
	if (o != NULL)
		return o;
	o = xcalloc(1, sizeof(*o) + len + 1);
	memcpy(o->host, url->host, len + 1);
	o->origins = origins;
	TAILQ_INIT(&o->waiting);
	TAILQ_INIT(&o->running);
	o->window = START_WINDOW;
	o->is_opening = true;
	bucket_init(&o->bucket, origins->opts.rate, clock_mono());
	timer_init(&o->wake, origins->opts.loop, on_wake, o);
	if (url->is_address) {
		o->is_literal = true;
		o->naming = RESOLVED;
		o->addresses[0] = url->address;
		o->n_addresses = 1;
	}
	HASH_ADD(hh, origins->table, host, len, o);
	return o;
}

/* --- Where it is --- */

static void fail_waiting(struct origin *o, const struct result *r)
{
	bool is_missing = r->status == ITEM_NOT_FOUND;
	struct origins_opts *opts = &o->origins->opts;
	struct ticket_list failed = TAILQ_HEAD_INITIALIZER(failed);
	struct ticket *t;

	TAILQ_CONCAT(&failed, &o->waiting, link);
	TAILQ_FOREACH (t, &failed, link) {
		t->resolve = clock_mono() - t->queued_at;
		t->origin = NULL;
	}
	sort_in(o); /* it may be freed now */
	while ((t = TAILQ_FIRST(&failed)) != NULL) {
		TAILQ_REMOVE(&failed, t, link);
		opts->on_unresolved(t, is_missing ? REASON_DNS_NOT_FOUND : REASON_DNS_ERROR,
		    reason_name(r->reason), opts->arg);
	}
}

static void on_resolved(const struct result *r, void *arg)
{
	struct origin *o = arg;
	usec_t now = clock_mono(), ttl = (usec_t)r->ttl * USEC_PER_SEC;
	struct ticket *t;

	o->check = NULL;
	if (r->status != ITEM_FOUND) {
		o->naming = UNRESOLVED;
		fail_waiting(o, r);
		return;
	}
	o->naming = RESOLVED;
	o->n_addresses =
	    r->n_addresses < ORIGIN_MAX_ADDRESSES ? r->n_addresses : ORIGIN_MAX_ADDRESSES;
	memcpy(o->addresses, r->addresses, o->n_addresses * sizeof(o->addresses[0]));
	o->expires_at = now + (ttl < TTL_LEAST ? TTL_LEAST : ttl > TTL_MOST ? TTL_MOST : ttl);
	TAILQ_FOREACH (t, &o->waiting, link) {
		usec_t since =
		    t->queued_at > o->resolving_since ? t->queued_at : o->resolving_since;
		t->resolve = now - since;
	}
	sort_in(o);
}

/* Say whether the host's addresses are known and fresh; ask for them otherwise. */
static bool is_resolved(struct origin *o, usec_t now)
{
	if (o->is_literal || (o->naming == RESOLVED && now < o->expires_at))
		return true;
	if (o->naming != RESOLVING) {
		struct check_request request = {
		    .check = CHECK_RESOLVE, .name = o->host, .name_len = strlen(o->host)};
		o->naming = RESOLVING;
		o->resolving_since = now;
		o->check = check_start(o->origins->opts.checker, &request, on_resolved, o);
	}
	return false;
}

/* --- Turns --- */

static unsigned limit_of(const struct origin *o)
{
	unsigned most = o->origins->opts.per_host;

	return o->window < most ? (unsigned)o->window : most;
}

/* Say whether one more may start at the host now. When not, and time alone will change that, its
 * timer is set. */
static bool may_start(struct origin *o, usec_t now)
{
	if (o->n_running >= limit_of(o) || !is_resolved(o, now))
		return false;
	if (now < o->hold_until) {
		timer_start(&o->wake, o->hold_until - now);
		return false;
	}
	if (!bucket_take(&o->bucket, now)) {
		timer_start(&o->wake, bucket_wait(&o->bucket, now));
		return false;
	}
	return true;
}

static void start(struct origin *o, usec_t now)
{
	struct origins *origins = o->origins;
	struct ticket *t = TAILQ_FIRST(&o->waiting);

	TAILQ_REMOVE(&o->waiting, t, link);
	TAILQ_INSERT_TAIL(&o->running, t, link);
	o->n_running++;
	origins->n_running++;
	t->is_running = true;
	t->started_at = now;
	sort_in(o);
	if (o->is_ready) { /* the next one's turn */
		TAILQ_REMOVE(&origins->ready, o, turn);
		TAILQ_INSERT_TAIL(&origins->ready, o, turn);
	}
	origins->opts.on_start(t, origins->opts.arg);
}

static void serve(void *arg)
{
	enum { MAX_PER_TURN = 64 }; /* a start costs tens of microseconds */
	struct origins *origins = arg;
	usec_t now = clock_mono();
	struct origin *o;

	for (int i = 0; (o = TAILQ_FIRST(&origins->ready)) != NULL; i++) {
		if (origins->n_running >= origins->opts.total)
			return; /* a release serves again */
		if (i == MAX_PER_TURN) {
			defer_start(&origins->serve);
			return;
		}
		if (may_start(o, now))
			start(o, now);
		else
			pass_over(o);
	}
}

void ticket_queue(struct origins *origins, struct ticket *ticket, const struct url *url)
{
	struct origin *o = get(origins, url);

	*ticket = (struct ticket){.origin = o, .queued_at = clock_mono()};
	TAILQ_INSERT_TAIL(&o->waiting, ticket, link);
	sort_in(o);
}

/* Learn from how a transfer ended. Those that started before the window closed tell nothing new. */
static void adapt(struct origin *o, const struct ticket *t, enum origin_outcome outcome)
{
	unsigned most = o->origins->opts.per_host;

	if (outcome == ORIGIN_GOOD) {
		o->window += o->is_opening ? 1 : 1 / o->window;
		if (o->window > most)
			o->window = most;
	} else if (outcome == ORIGIN_CONGESTED && t->started_at >= o->closed_at) {
		o->window = o->window / 2 > 1 ? o->window / 2 : 1;
		o->is_opening = false;
		o->closed_at = clock_mono();
	}
}

void ticket_release(struct origins *origins, struct ticket *ticket, enum origin_outcome outcome)
{
	struct origin *o = ticket->origin;

	if (o == NULL)
		return;
	if (ticket->is_running) {
		TAILQ_REMOVE(&o->running, ticket, link);
		o->n_running--;
		o->n_done++;
		origins->n_running--;
		adapt(o, ticket, outcome);
	} else {
		TAILQ_REMOVE(&o->waiting, ticket, link);
	}
	ticket->origin = NULL;
	ticket->is_running = false;
	sort_in(o);
	if (!TAILQ_EMPTY(&origins->ready))
		defer_start(&origins->serve);
}

const struct address *ticket_addresses(const struct ticket *ticket, size_t *ret_n)
{
	*ret_n = ticket->origin->n_addresses;
	return ticket->origin->addresses;
}

bool ticket_keeps_connection(const struct ticket *ticket)
{
	const struct origin *o = ticket->origin;

	return o->n_done > 0 || o->n_running > 1 || !TAILQ_EMPTY(&o->waiting);
}

void ticket_hold_host(struct ticket *ticket, usec_t delay)
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
	defer_init(&origins->serve, opts->loop, serve, origins);
	return origins;
}

void origins_set_limits(struct origins *origins, unsigned total, unsigned per_host, double rate)
{
	bool is_new_rate = rate < origins->opts.rate || rate > origins->opts.rate;
	struct origin *o;

	origins->opts.total = total;
	origins->opts.per_host = per_host;
	origins->opts.rate = rate;
	for (o = origins->table; o != NULL; o = o->hh.next) {
		if (is_new_rate)
			bucket_init(&o->bucket, rate, clock_mono());
		if (!TAILQ_EMPTY(&o->waiting))
			sort_in(o); /* frees none, since none becomes idle */
	}
}

void origins_free(struct origins *origins)
{
	if (origins == NULL)
		return;
	while (origins->table != NULL)
		free_origin(origins->table);
	defer_cancel(&origins->serve);
	free(origins);
}
