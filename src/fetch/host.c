/* Hosts: their addresses and limits. Both families of addresses are asked for
 * at once; the one that answers first waits 50 ms for the other (RFC 8305 section 3). */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "check/checker.h"
#include "fetch/origin_private.h"

enum { START_WINDOW = 4 };

#define RESOLUTION_DELAY (50 * USEC_PER_MSEC)

/* Bounds of how long addresses are used, whatever their TTL. */
#define TTL_LEAST (5 * USEC_PER_SEC)
#define TTL_MOST  (300 * USEC_PER_SEC)

void host_wake(struct host *h)
{
	struct origin *o, *next;

	for (o = LIST_FIRST(&h->ports); o != NULL; o = next) {
		next = LIST_NEXT(o, port_link);
		if (!TAILQ_EMPTY(&o->waiting))
			origin_sort_in(o); /* frees none, since none becomes idle */
	}
}

static void on_wake(void *arg)
{
	host_wake(arg);
}

static void drop_questions(struct host *h)
{
	for (int i = 0; i < N_FAMILIES; i++) {
		if (h->questions[i].check != NULL)
			check_cancel(h->questions[i].check);
		h->questions[i].check = NULL;
	}
	timer_cancel(&h->resolution);
}

void host_free(struct host *h)
{
	drop_questions(h);
	timer_cancel(&h->wake);
	HASH_DEL(h->origins->table, h);
	free(h);
}

/* --- Where it is --- */

/* Fail the waiting tickets of all ports. */
static void fail_waiting(struct host *h, enum reason reason, enum reason detail)
{
	usec_t now = clock_mono();
	struct origin *o;
	struct ticket *t, *next;

	LIST_FOREACH (o, &h->ports, port_link) {
		if (TAILQ_EMPTY(&o->waiting))
			continue;
		origin_set_failure(o, reason, false, reason_name(detail));
		for (t = TAILQ_FIRST(&o->waiting); t != NULL; t = next) {
			next = TAILQ_NEXT(t, link);
			t->resolve = now - t->queued_at;
			origin_fail(o, t);
		}
		origin_sort_in(o);
	}
}

static void set_resolved(struct host *h)
{
	usec_t now = clock_mono();
	struct origin *o;
	struct ticket *t;

	if (h->naming != RESOLVING)
		return;
	h->naming = RESOLVED;
	timer_cancel(&h->resolution);
	LIST_FOREACH (o, &h->ports, port_link) {
		TAILQ_FOREACH (t, &o->waiting, link) {
			usec_t since =
			    t->queued_at > h->resolving_since ? t->queued_at : h->resolving_since;
			t->resolve = now - since;
		}
	}
	host_wake(h);
}

static void on_resolution(void *arg)
{
	set_resolved(arg);
}

static bool has_address(const struct host *h, const struct address *a)
{
	for (size_t i = 0; i < h->n_addresses; i++) {
		if (h->addresses[i].is_v6 == a->is_v6 &&
		    memcmp(h->addresses[i].bytes, a->bytes, sizeof(a->bytes)) == 0)
			return true;
	}
	return false;
}

/* The hosts file answers both questions with the addresses of both families. */
static void take_addresses(struct host *h, const struct result *r)
{
	usec_t ttl = (usec_t)r->ttl * USEC_PER_SEC;
	usec_t expires_at = clock_mono() + (ttl < TTL_LEAST     ? TTL_LEAST
					       : ttl > TTL_MOST ? TTL_MOST
								: ttl);

	/* what a late answer adds changes nothing for what is there */
	if (h->n_addresses == 0 || expires_at < h->expires_at)
		h->expires_at = expires_at;
	for (size_t i = 0; i < r->n_addresses && h->n_addresses < RACE_MAX; i++) {
		if (!has_address(h, &r->addresses[i]))
			h->addresses[h->n_addresses++] = r->addresses[i];
	}
}

/* Neither family has an address: the one that failed says why, for it may have one. */
static void end_unresolved(struct host *h)
{
	const struct naming_question *q = h->questions;
	const struct naming_question *worse = q[FAMILY_V4].status != ITEM_NOT_FOUND ? &q[FAMILY_V4]
					      : q[FAMILY_V6].status == ITEM_ERROR   ? &q[FAMILY_V6]
										    : &q[FAMILY_V4];
	bool is_missing = worse->status == ITEM_NOT_FOUND;

	h->naming = UNRESOLVED;
	fail_waiting(h, is_missing ? REASON_DNS_NOT_FOUND : REASON_DNS_ERROR, worse->reason);
}

static void on_answer(const struct result *r, void *arg)
{
	struct naming_question *q = arg;
	struct host *h = q->host;

	q->check = NULL;
	q->status = r->status;
	q->reason = r->reason;
	bool is_open =
	    h->questions[FAMILY_V4].check != NULL || h->questions[FAMILY_V6].check != NULL;
	if (r->status == ITEM_FOUND)
		take_addresses(h, r);
	if (h->naming != RESOLVING)
		return;
	/* NXDOMAIN is for all types (RFC 8020), but servers are known that say so of AAAA alone
	 * (RFC 4074 section 4.2) */
	if (r->reason == REASON_NXDOMAIN && q == &h->questions[FAMILY_V4] && is_open) {
		drop_questions(h);
		h->questions[FAMILY_V6].status = r->status;
		is_open = false;
	}
	if (!is_open && h->n_addresses == 0)
		end_unresolved(h);
	else if (!is_open)
		set_resolved(h);
	else if (h->n_addresses > 0)
		timer_start(&h->resolution, RESOLUTION_DELAY);
}

static void ask(struct host *h, enum family family)
{
	struct naming_question *q = &h->questions[family];
	struct check_request request = {.check = CHECK_RESOLVE,
	    .families = family == FAMILY_V4 ? CHECK_ONLY_V4 : CHECK_ONLY_V6,
	    .name = h->name,
	    .name_len = strlen(h->name)};

	if (q->check != NULL)
		check_cancel(q->check);
	q->host = h;
	q->check = check_start(h->origins->opts.checker, &request, on_answer, q);
}

bool host_is_resolved(struct host *h, usec_t now)
{
	if (h->is_literal || (h->naming == RESOLVED && now < h->expires_at))
		return true;
	if (h->naming == RESOLVING)
		return false;
	h->naming = RESOLVING;
	h->resolving_since = now;
	h->n_addresses = 0;
	ask(h, FAMILY_V6);
	ask(h, FAMILY_V4);
	return false;
}

/* --- Limits --- */

/* Servers that speak HTTP/2 announce their own limit of concurrent requests. */
static unsigned most_of(const struct host *h)
{
	const struct origins_opts *opts = &h->origins->opts;

	return h->is_http2 && opts->streams > opts->per_host ? opts->streams : opts->per_host;
}

unsigned host_limit(const struct host *h)
{
	unsigned most = most_of(h);

	return h->window < most ? (unsigned)h->window : most;
}

void host_open(struct host *h, unsigned window)
{
	if (h->is_opening && h->window < window)
		h->window = window;
}

/* Those that started before the window closed tell nothing new. */
void host_adapt(struct host *h, const struct ticket *t, enum origin_outcome outcome)
{
	unsigned most = most_of(h);

	if (outcome == ORIGIN_GOOD) {
		h->window += h->is_opening ? 1 : 1 / h->window;
		if (h->window > most)
			h->window = most;
	} else if (outcome == ORIGIN_CONGESTED && t->started_at >= h->closed_at) {
		h->window = h->window / 2 > 1 ? h->window / 2 : 1;
		h->is_opening = false;
		h->closed_at = clock_mono();
	}
}

struct host *host_get(struct origins *origins, const struct url *url)
{
	size_t len = strlen(url->host);
	struct host *h = NULL;

	if (origins->table != NULL)
		HASH_FIND(hh, origins->table, url->host, len, h);
	if (h != NULL)
		return h;
	h = xcalloc(1, sizeof(*h) + len + 1);
	memcpy(h->name, url->host, len + 1);
	h->origins = origins;
	LIST_INIT(&h->ports);
	h->window = START_WINDOW;
	h->is_opening = true;
	bucket_init(&h->bucket, origins->opts.rate, clock_mono());
	timer_init(&h->wake, origins->opts.loop, on_wake, h);
	timer_init(&h->resolution, origins->opts.loop, on_resolution, h);
	if (url->is_address) {
		h->is_literal = true;
		h->naming = RESOLVED;
		h->addresses[0] = url->address;
		h->n_addresses = 1;
	}
	HASH_ADD(hh, origins->table, name, len, h);
	return h;
}
