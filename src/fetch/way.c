/* Ways to origins: which address answers, and what goes wrong on the way.
 *
 *   unknown --race--> open --a connection fails--> unknown
 *      ^        |
 *      |        +--all addresses failed--> resting --in time--+
 *      +------------------------------------------------------+
 *
 * When connections are made and TLS fails, three times in a row, only a transfer can tell whether
 * that is over: then the way is open to one at a time, and rests in between. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "fetch/address_order.h"
#include "fetch/origin_private.h"

enum { MANY_FAULTS = 3 /* in a row, before the origin rests */ };

#define ADDRESS_REST (60 * USEC_PER_SEC)
/* Between two races: at least this long, and twice as long with each, up to the most and to the
 * time-out of a connection. */
#define REST_LEAST (150 * USEC_PER_MSEC)
#define REST_FIRST (500 * USEC_PER_MSEC)
#define REST_MOST  (2 * USEC_PER_SEC)
/* The host may have closed a connection that was not used for so long. */
#define SOCKET_AGE (2 * USEC_PER_SEC)

static bool is_same(const struct address *a, const struct address *b)
{
	return a->is_v6 == b->is_v6 && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* --- Addresses that rest --- */

static bool rests(const struct origin *o, const struct address *a, usec_t now)
{
	for (size_t i = 0; i < o->n_rests; i++) {
		if (is_same(&o->rests[i].address, a))
			return now < o->rests[i].until;
	}
	return false;
}

static void set_rest(struct origin *o, const struct address *a, usec_t until)
{
	size_t i = 0, oldest = 0;

	while (i < o->n_rests && !is_same(&o->rests[i].address, a)) {
		if (o->rests[i].until < o->rests[oldest].until)
			oldest = i;
		i++;
	}
	if (i == RACE_MAX)
		i = oldest;
	else if (i == o->n_rests)
		o->n_rests++;
	o->rests[i] = (struct rest){.address = *a, .until = until};
}

/* Add the addresses that rest, or those that don't, with the families in turn; the first is that
 * of the best address. */
static void add_in_turn(
    struct origin *o, const struct address *sorted, bool are_resting, usec_t now)
{
	size_t n = o->host->n_addresses, at[N_FAMILIES] = {0};
	bool is_v6 = n > 0 && sorted[0].is_v6;

	while (at[0] < n || at[1] < n) {
		while (at[is_v6] < n) {
			const struct address *a = &sorted[at[is_v6]++];
			if (a->is_v6 == is_v6 && rests(o, a, now) == are_resting) {
				o->order[o->n_order++] = *a;
				break;
			}
		}
		is_v6 = !is_v6;
	}
}

/* --- Failures --- */

static void clear_failures(struct origin *o)
{
	o->n_failures = 0;
	o->needs_transfer = false;
	o->failing_since = o->rest_until = 0;
}

static void note_failure(
    struct origin *o, enum reason reason, const char *detail, usec_t since, usec_t now)
{
	usec_t rest = REST_FIRST, most = o->host->origins->opts.connect_timeout;

	if (o->n_failures++ == 0)
		o->failing_since = since;
	for (unsigned i = 1; i < o->n_failures && rest < REST_MOST; i++)
		rest *= 2;
	if (rest > REST_MOST)
		rest = REST_MOST;
	o->rest_until = since + (rest < most ? rest : most);
	if (o->rest_until < now + REST_LEAST)
		o->rest_until = now + REST_LEAST;
	o->reason = reason;
	o->seen_at = clock_wall();
	snprintf(o->detail, sizeof(o->detail), "%s", detail);
}

static bool is_failing(const struct origin *o)
{
	return o->n_failures > 0 && (!o->needs_transfer || o->n_failures >= MANY_FAULTS);
}

/* Say whether the ticket's attempts would all have failed by now. */
static bool is_spent(const struct origin *o, usec_t patience, usec_t now)
{
	return o->reason == REASON_TLS || now - o->failing_since >= patience;
}

/* End those whose attempts are spent; one stays to try again, when it is time for that. */
static void sweep(struct origin *o, usec_t now)
{
	bool is_probed = o->needs_transfer && o->n_running > 0;
	bool is_time = o->race != NULL || (now >= o->rest_until && !is_probed);
	struct ticket *t = TAILQ_FIRST(&o->waiting), *next;
	char detail[RACE_DETAIL + CLOCK_TEXT_SIZE + 16], seen_at[CLOCK_TEXT_SIZE];

	if (t == NULL || !is_spent(o, o->least_patience, now))
		return;
	clock_format(o->seen_at, seen_at);
	snprintf(detail, sizeof(detail), "%s (seen at %s)", o->detail, seen_at);
	origin_set_failure(o, o->reason, false, detail);
	o->least_patience = INT64_MAX;
	for (; t != NULL; t = next) {
		next = TAILQ_NEXT(t, link);
		if (!is_spent(o, t->patience, now) || (is_time && t == TAILQ_FIRST(&o->waiting)))
			way_add(o, t);
		else
			origin_fail(o, t);
	}
}

/* --- Races --- */

static void close_socket(struct origin *o)
{
	if (o->fd >= 0)
		close(o->fd);
	o->fd = -1;
}

static void fail_all(struct origin *o)
{
	struct ticket *t;

	while ((t = TAILQ_FIRST(&o->waiting)) != NULL)
		origin_fail(o, t);
}

/* A place among those that race is free. */
static void unblock(struct origins *origins)
{
	struct origin *o = TAILQ_FIRST(&origins->blocked);

	if (o == NULL)
		return;
	TAILQ_REMOVE(&origins->blocked, o, block);
	o->is_blocked = false;
	origin_sort_in(o);
}

static void on_won(struct origin *o, const struct race_outcome *r)
{
	usec_t now = clock_mono();

	o->has_winner = true;
	o->winner = o->order[r->winner];
	o->won_at = now;
	o->fd = r->fd;
	o->fd_took = r->duration;
	if (!o->needs_transfer)
		clear_failures(o);
	for (size_t i = 0; i < o->n_order; i++) { /* those that were left behind */
		if (i != r->winner && r->was_tried[i])
			set_rest(o, &o->order[i], now + ADDRESS_REST);
	}
}

static void on_lost(struct origin *o, const struct race_outcome *r)
{
	if (r->denied != NULL) {
		origin_set_failure(o, REASON_DENIED_TARGET, false, r->denied);
	} else {
		if (o->needs_transfer)
			clear_failures(o);
		note_failure(o, r->reason, r->detail, o->race_began_at, clock_mono());
		origin_set_failure(o, r->reason, true, r->detail);
	}
	fail_all(o);
}

static void on_race(const struct race_outcome *r, void *arg)
{
	struct origin *o = arg;
	struct origins *origins = o->host->origins;

	o->race = NULL;
	origins->n_races--;
	if (r->is_won)
		on_won(o, r);
	else
		on_lost(o, r);
	origin_sort_in(o);
	unblock(origins);
}

static const char *judge(const struct endpoint *to, void *arg)
{
	const struct origins_opts *opts = &((struct origin *)arg)->host->origins->opts;

	return opts->judge(to, opts->arg);
}

/* At most half of all places are given to those that look for a way. */
static void begin_race(struct origin *o, usec_t now)
{
	struct origins *origins = o->host->origins;
	struct endpoint to[RACE_MAX];
	struct address sorted[RACE_MAX];

	if (origins->n_races > origins->opts.total / 2) {
		if (!o->is_blocked)
			TAILQ_INSERT_TAIL(&origins->blocked, o, block);
		o->is_blocked = true;
		return;
	}
	close_socket(o);
	o->n_order = 0;
	memcpy(sorted, o->host->addresses, o->host->n_addresses * sizeof(sorted[0]));
	if (o->host->n_addresses > 1)
		addresses_sort(sorted, o->host->n_addresses, address_source);
	add_in_turn(o, sorted, false, now);
	add_in_turn(o, sorted, true, now);
	for (size_t i = 0; i < o->n_order; i++)
		to[i] = (struct endpoint){.address = o->order[i], .port = o->port};
	const struct race_opts opts = {.loop = origins->opts.loop,
	    .endpoints = to,
	    .n_endpoints = o->n_order,
	    .timeout = origins->opts.connect_timeout,
	    .judge = judge,
	    .on_done = on_race,
	    .arg = o};
	o->race_began_at = now;
	o->race = race_start(&opts);
	origins->n_races++;
}

/* --- The way --- */

/* Say whether the address that answered last may still be used. */
static bool has_way(const struct origin *o)
{
	const struct endpoint to = {.address = o->winner, .port = o->port};
	const struct host *h = o->host;

	if (!o->has_winner || judge(&to, (void *)o) != NULL)
		return false;
	for (size_t i = 0; i < h->n_addresses; i++) {
		if (is_same(&h->addresses[i], &o->winner))
			return true;
	}
	return false;
}

void way_add(struct origin *o, const struct ticket *t)
{
	if (t->patience < o->least_patience)
		o->least_patience = t->patience;
}

/* Set the timer for the end of the rest, or for the first ticket whose patience ends. */
static void set_timer(struct origin *o, usec_t now)
{
	usec_t spent_at = o->least_patience < INT64_MAX - o->failing_since
			      ? o->failing_since + o->least_patience
			      : INT64_MAX;
	usec_t at = o->race != NULL || spent_at < o->rest_until ? spent_at : o->rest_until;

	if (is_failing(o) && at > now && at < INT64_MAX)
		timer_start(&o->wake, at - now);
}

bool way_is_open(struct origin *o, usec_t now)
{
	if (is_failing(o)) {
		sweep(o, now);
		if (TAILQ_EMPTY(&o->waiting))
			return false;
		if (o->race != NULL || now < o->rest_until) {
			set_timer(o, now);
			return false;
		}
		if (o->needs_transfer && o->n_running > 0)
			return false; /* its end gives the next turn */
	}
	if (has_way(o))
		return true;
	o->has_winner = false;
	if (o->race == NULL)
		begin_race(o, now);
	set_timer(o, now);
	return false;
}

void way_close(struct origin *o)
{
	if (o->race != NULL) {
		race_cancel(o->race);
		o->host->origins->n_races--;
		o->race = NULL;
		unblock(o->host->origins);
	}
	if (o->is_blocked)
		TAILQ_REMOVE(&o->host->origins->blocked, o, block);
	o->is_blocked = false;
	close_socket(o);
}

int ticket_take_socket(struct ticket *ticket)
{
	struct origin *o = ticket->origin;
	int fd = o->fd;

	o->fd = -1;
	if (fd >= 0 &&
	    (clock_mono() - o->won_at > SOCKET_AGE || !is_same(&o->winner, &ticket->address))) {
		close(fd);
		return -1;
	}
	ticket->connect = fd >= 0 ? o->fd_took : 0;
	return fd;
}

void way_is_good(struct origin *o)
{
	clear_failures(o);
}

bool ticket_has_other_address(const struct ticket *ticket)
{
	const struct origin *o = ticket->origin;
	const struct host *h = o->host;
	usec_t now = clock_mono();

	for (size_t i = 0; i < h->n_addresses; i++) {
		const struct endpoint to = {.address = h->addresses[i], .port = o->port};
		if (!rests(o, &h->addresses[i], now) && judge(&to, (void *)o) == NULL)
			return true;
	}
	return false;
}

void ticket_avoid_address(struct ticket *ticket)
{
	struct origin *o = ticket->origin;
	usec_t now = clock_mono();

	set_rest(o, &ticket->address, now + ADDRESS_REST);
	/* a transfer that began before the race was won says nothing of its winner */
	if (o->has_winner && is_same(&o->winner, &ticket->address) &&
	    ticket->started_at >= o->won_at)
		o->has_winner = false;
}

void ticket_blame(struct ticket *ticket, enum reason reason, const char *detail)
{
	struct origin *o = ticket->origin;
	usec_t now = clock_mono();

	if (!o->needs_transfer || o->reason != reason)
		clear_failures(o);
	o->needs_transfer = true;
	o->least_patience = 0; /* check all waiting tickets */
	note_failure(o, reason, detail, ticket->started_at, now);
}
