/* The life of a lookup. */
#include "dns/lookup.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/random.h"
#include "dns/server.h"
#include "dns/tcp.h"

static void mark_busy(struct server *s)
{
	if (s->is_busy)
		return;
	s->is_busy = true;
	TAILQ_INSERT_TAIL(&s->engine->busy, s, busy);
}

/* Write the packet for the server: what it is known to understand, and what protects the answer.
 * The case of the letters stays as it was, so that a late answer fits too. */
static void write_packet(struct dns_lookup *l, const struct server *s)
{
	struct dns_name name = {.len = (uint8_t)(l->n_question - 4)};
	bool wants_mixed = s->is_guarded && !s->has_no_case && !l->had_case;
	uint8_t bits[32];
	size_t question_end;
	struct dns_query q = {.name = &name, .type = l->type, .flags = l->flags};

	memcpy(name.bytes, l->wire + DNS_HEADER_SIZE, name.len);
	if (wants_mixed && !l->is_mixed) {
		random_bytes(bits, sizeof(bits));
		q.case_bits = bits;
	} else if (!wants_mixed && l->is_mixed) {
		memset(bits, 0, sizeof(bits));
		q.case_bits = bits;
	}
	l->is_mixed = wants_mixed;
	/* a server that is silent may be one that EDNS doesn't get through to */
	q.has_edns = !l->is_plain && !s->has_no_edns && (s->has_edns || l->n_attempts < 2);
	if (s->is_guarded) {
		q.cookie = s->cookie;
		q.n_cookie = s->n_cookie;
	}
	l->n_wire = (uint16_t)dns_query_write(&q, l->wire, &question_end);
}

/* The only place where a lookup changes its state; see the picture in dns/private.h. */
static void set_state(struct dns_lookup *l, enum lookup_state state)
{
	enum { F = 1 << LOOKUP_FREE, W = 1 << LOOKUP_WAITING, Q = 1 << LOOKUP_QUEUED };
	enum { A = 1 << LOOKUP_ASKED, P = 1 << LOOKUP_PAUSED };
	static const unsigned moves[] = {[LOOKUP_FREE] = F | W | Q | P,
	    [LOOKUP_WAITING] = F | W | Q,
	    [LOOKUP_QUEUED] = F | A,
	    [LOOKUP_ASKED] = F | Q,
	    [LOOKUP_PAUSED] = F | W | Q};
	static const char *const names[] = {[LOOKUP_FREE] = "free",
	    [LOOKUP_WAITING] = "waiting",
	    [LOOKUP_QUEUED] = "queued",
	    [LOOKUP_ASKED] = "asked",
	    [LOOKUP_PAUSED] = "paused"};

	assert((moves[l->state] & 1U << state) != 0);
	log_debug("dns_lookup_state", "lookup=%td from=%s to=%s", l - l->engine->lookups,
	    names[l->state], names[state]);
	l->state = state;
}

static void enqueue(struct dns_lookup *l, bool is_first)
{
	struct server *s = l->server;
	struct lookup_list *list = l->wants_tcp ? &s->tcp_outbox : &s->outbox;

	write_packet(l, s);
	set_state(l, LOOKUP_QUEUED);
	if (is_first)
		TAILQ_INSERT_HEAD(list, l, link);
	else
		TAILQ_INSERT_TAIL(list, l, link);
	mark_busy(s);
}

/* Leave the list of the state, and the place in the window. */
static void leave(struct dns_lookup *l)
{
	struct dns_engine *engine = l->engine;

	wheel_cancel(&engine->wheel, &l->timer);
	if (l->state == LOOKUP_WAITING) {
		TAILQ_REMOVE(&engine->waiting, l, link);
		engine->n_waiting--;
	} else if (l->state == LOOKUP_QUEUED) {
		TAILQ_REMOVE(l->wants_tcp ? &l->server->tcp_outbox : &l->server->outbox, l, link);
	}
	if (l->server != NULL && !l->is_overdue)
		l->server->n_in_flight--;
	l->is_overdue = false;
	l->server = NULL;
	set_state(l, LOOKUP_FREE);
}

static void note_tried(struct dns_lookup *l, struct server *s)
{
	for (int i = 0; i < l->n_tried; i++) {
		if (l->tried[i] == s)
			return;
	}
	if (l->n_tried == MAX_TRIED)
		return;
	l->has_failed[l->n_tried] = false;
	l->tried[l->n_tried++] = s;
}

void lookup_route(struct dns_lookup *l, usec_t now)
{
	struct dns_engine *engine = l->engine;
	struct server *s = server_pick(engine, l, now);

	l->is_refused = false;
	if (s == NULL && l->only != NULL && l->n_attempts > 0) {
		lookup_finish(l, DNS_TIMED_OUT, NULL);
		return;
	}
	if (s == NULL) {
		set_state(l, LOOKUP_WAITING);
		TAILQ_INSERT_TAIL(&engine->waiting, l, link);
		engine->n_waiting++;
		return;
	}
	l->server = s;
	s->n_in_flight++;
	note_tried(l, s);
	l->n_attempts++;
	l->wants_tcp = s->carrier == NULL && (engine->use_tcp || s->tcp_until > now);
	l->is_plain = l->had_case = l->had_cookie = l->had_edns = false;
	enqueue(l, false);
}

void lookup_unroute(struct dns_lookup *l, usec_t now)
{
	struct server *s = l->server;

	leave(l);
	if (l->only != NULL) {
		lookup_finish(l, DNS_TIMED_OUT, NULL);
		return;
	}
	l->n_attempts--;
	if (l->n_tried > 0 && l->tried[l->n_tried - 1] == s)
		l->n_tried--;
	lookup_route(l, now);
}

void lookup_repeat(struct dns_lookup *l)
{
	wheel_cancel(&l->engine->wheel, &l->timer);
	enqueue(l, true);
}

void lookup_take_id(struct dns_lookup *l, struct asks *table, usec_t now)
{
	unsigned next = (l->current + 1) % KEPT_ASKS;
	struct ask *ask = &l->asks[next]; /* the oldest is given up */

	asks_remove(ask);
	asks_put(table, ask);
	ask->sent_at = now;
	l->current = next;
	l->wire[0] = (uint8_t)(ask->id >> 8);
	l->wire[1] = (uint8_t)ask->id;
}

void lookup_return_id(struct dns_lookup *l)
{
	asks_remove(&l->asks[l->current]);
	l->current = (l->current + KEPT_ASKS - 1) % KEPT_ASKS;
}

static usec_t wait_for_answer(struct dns_lookup *l, usec_t now)
{
	bool is_last = l->n_attempts >= l->max_attempts && !server_is_any_left(l->engine, l);

	if (l->patience_end == 0)
		l->patience_end = now + l->max_attempts * l->timeout;
	if (is_last && l->patience_end > now + l->timeout)
		return l->patience_end - now;
	if (l->n_attempts == 1 && !is_last && !l->wants_tcp)
		return server_patience(l->server, l->timeout);
	return l->timeout;
}

/* Set the timer to when the question is overdue, or else to its deadline. */
static void wait_more(struct dns_lookup *l, usec_t now)
{
	usec_t overdue = now + server_patience(l->server, l->timeout);
	bool is_last = l->is_overdue || overdue > l->deadline;

	wheel_set(&l->engine->wheel, &l->timer, is_last ? l->deadline : overdue, now);
}

/* The question is probably lost, and another one may have its place: those that a server drops
 * beyond its limit would fill the window. While the server doesn't work, that goes for one now and
 * then. */
static void on_overdue(struct dns_lookup *l, usec_t now)
{
	if (server_is_healthy(l->server) || server_takes_probe(l->server, now)) {
		l->is_overdue = true;
		l->server->n_in_flight--;
	}
	wait_more(l, now);
}

void lookup_on_sent(struct dns_lookup *l, usec_t now)
{
	set_state(l, LOOKUP_ASKED);
	l->sent_at = now;
	l->deadline = now + wait_for_answer(l, now);
	wait_more(l, now);
}

void lookup_refuse(struct dns_lookup *l, usec_t now)
{
	if (l->state != LOOKUP_ASKED)
		return;
	l->is_refused = true;
	wheel_set(&l->engine->wheel, &l->timer, now, now);
}

void lookup_on_refused(struct server *s, struct asks *table, usec_t now)
{
	struct ask *ask;

	for (int i = 0; i < ASKS_HEADS; i++) {
		LIST_FOREACH (ask, &table->heads[i], link) {
			if (ask == &ask->lookup->asks[ask->lookup->current])
				lookup_refuse(ask->lookup, now);
		}
	}
	server_on_refused(s);
}

void lookup_on_disconnect(struct ask *ask, bool may_reconnect, usec_t now)
{
	struct dns_lookup *l = ask->lookup;

	asks_remove(ask);
	if (ask != &l->asks[l->current] || l->state != LOOKUP_ASKED)
		return;
	if (may_reconnect && l->n_reconnects < MAX_RECONNECTS) {
		l->n_reconnects++;
		lookup_repeat(l);
		return;
	}
	lookup_note_try(l, &(struct dns_try){.server = l->server->endpoint,
			       .index = (size_t)(l->server - l->engine->servers),
			       .outcome = DNS_TRUNCATED,
			       .rtt = now - l->sent_at,
			       .is_tcp = true});
	lookup_fail(l, DNS_TRUNCATED, NULL, now);
}

void lookup_note_try(struct dns_lookup *l, const struct dns_try *try)
{
	if (l->n_tries == DNS_MAX_TRIES) /* the last ones are kept */
		memmove(l->tries, l->tries + 1, sizeof(l->tries) - sizeof(l->tries[0]));
	else
		l->n_tries++;
	l->tries[l->n_tries - 1] = *try;
}

void lookup_release(struct dns_lookup *l)
{
	leave(l);
	for (int i = 0; i < KEPT_ASKS; i++)
		asks_remove(&l->asks[i]);
}

void lookup_finish(struct dns_lookup *l, enum dns_outcome outcome, const struct dns_answer *a)
{
	struct dns_engine *engine = l->engine;

	lookup_release(l);
	l->on_done(&(struct dns_result){.outcome = outcome,
		       .answer = a,
		       .n_attempts = l->n_attempts,
		       .n_tries = l->n_tries,
		       .tries = l->tries},
	    l->arg);
	TAILQ_INSERT_HEAD(&engine->spare, l, link);
	engine->n_lookups--;
}

static void pause_before_next(struct dns_lookup *l, usec_t now)
{
	usec_t pause = l->engine->pause;

	set_state(l, LOOKUP_PAUSED);
	pause += (usec_t)random() % (pause / 4 + 1);
	wheel_set(&l->engine->wheel, &l->timer, now + pause, now);
}

void lookup_fail(
    struct dns_lookup *l, enum dns_outcome outcome, const struct dns_answer *a, usec_t now)
{
	leave(l);
	if (server_is_any_left(l->engine, l))
		lookup_route(l, now);
	else if (l->n_attempts >= l->max_attempts)
		lookup_finish(l, outcome, a);
	else if (outcome == DNS_TIMED_OUT)
		lookup_route(l, now);
	else
		pause_before_next(l, now);
}

static void on_timeout(struct dns_lookup *l, usec_t now)
{
	struct server *s = l->server;
	usec_t sent_at = l->sent_at;
	bool is_tcp = l->wants_tcp;

	if (l->is_refused && !server_is_any_left(l->engine, l) && now < l->deadline) {
		l->is_refused = false; /* nobody else to ask: the server may be starting */
		wheel_set(&l->engine->wheel, &l->timer, l->deadline, now);
		return;
	}
	lookup_note_try(l, &(struct dns_try){.server = s->endpoint,
			       .index = (size_t)(s - s->engine->servers),
			       .outcome = DNS_TIMED_OUT,
			       .rtt = now - sent_at,
			       .is_tcp = is_tcp});
	if (!l->is_refused)
		server_on_loss(s, now, now - sent_at);
	lookup_fail(l, DNS_TIMED_OUT, NULL, now);
	if (is_tcp)
		tcp_on_timeout(s, sent_at);
}

void lookup_on_timer(struct wheel_entry *entry, void *arg)
{
	struct dns_lookup *l =
	    (struct dns_lookup *)(void *)((char *)entry - offsetof(struct dns_lookup, timer));
	struct dns_engine *engine = arg;
	usec_t now = clock_mono();

	defer_start(&engine->turn);
	if (l->state == LOOKUP_PAUSED) {
		lookup_route(l, now);
		return;
	}
	assert(l->state == LOOKUP_ASKED);
	if (now < l->deadline && !l->is_refused)
		on_overdue(l, now);
	else
		on_timeout(l, now);
}

/* Write the question where the packet will have it, in lower case. */
static void write_question(struct dns_lookup *l, const struct dns_question *q)
{
	uint8_t *at = l->wire + DNS_HEADER_SIZE;

	for (size_t i = 0; i < q->name->len; i++) {
		uint8_t c = q->name->bytes[i];
		*at++ = c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
	}
	l->n_question = (uint16_t)(q->name->len + 4);
}

/* Treat the server as one that has had its say. */
static void avoid(struct dns_lookup *l, const struct endpoint *server)
{
	for (size_t i = 0; i < l->engine->n_servers; i++) {
		if (endpoint_equal(&l->engine->servers[i].endpoint, server))
			note_tried(l, &l->engine->servers[i]);
	}
}

static struct dns_lookup *take_lookup(struct dns_engine *engine)
{
	struct dns_lookup *l = TAILQ_FIRST(&engine->spare);

	if (l != NULL)
		TAILQ_REMOVE(&engine->spare, l, link);
	else if (engine->n_used < engine->max_lookups)
		l = &engine->lookups[engine->n_used++];
	return l;
}

struct dns_lookup *lookup_start(struct dns_engine *engine, const struct dns_question *question,
    struct server *only, dns_lookup_fn *on_done, void *arg)
{
	struct dns_lookup *l = take_lookup(engine);

	if (l == NULL)
		return NULL;
	memset(l, 0, offsetof(struct dns_lookup, tried));
	l->engine = engine;
	l->only = only;
	l->on_done = on_done;
	l->arg = arg;
	for (int i = 0; i < KEPT_ASKS; i++)
		l->asks[i].lookup = l;
	l->timeout = question->timeout;
	l->max_attempts = question->attempts;
	l->type = question->type;
	l->flags = question->flags;
	l->n_zone = question->n_zone;
	write_question(l, question);
	if (question->avoid != NULL)
		avoid(l, question->avoid);
	if (engine->n_lookups++ == 0 && !timer_is_set(&engine->tick))
		timer_start(&engine->tick, DNS_TICK);
	lookup_route(l, clock_mono());
	if (!engine->is_serving)
		defer_start(&engine->turn);
	return l;
}

void dns_lookup_cancel(struct dns_lookup *l)
{
	struct dns_engine *engine = l->engine;

	lookup_release(l);
	TAILQ_INSERT_HEAD(&engine->spare, l, link);
	engine->n_lookups--;
	if (!engine->is_serving)
		defer_start(&engine->turn);
}
