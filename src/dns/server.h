/* A name server: its health, its share of the questions, and its sockets. Inside the engine.
 * Thread: loop. */
#pragma once

#include "dns/private.h"

void server_init(struct server *s, struct dns_engine *engine, const struct dns_server_opts *opts,
    enum dns_guard guard);
void server_done(struct server *s);

bool server_is_healthy(const struct server *s);
enum dns_rest server_rest(const struct server *s); /* why it is not healthy */
usec_t server_rest_until(const struct server *s);  /* when it is tried again; 0: not known */

/* Note what a health check says. One that lies is asked only when all do. */
void server_set_honesty(struct server *s, enum honesty honesty);
size_t server_room(const struct server *s);

/* How many questions it may have at a time. One that drops what is beyond its limit closes its
 * window for nothing: there it is the pace that counts. */
size_t server_window(const struct server *s);

/* See whether there is a route again, and look at what became of questions since the last call:
 * while more than usual get no answer, questions go out evenly, a quarter more of them than answers
 * came. A server that drops what is beyond some rate would otherwise get bursts, and silence while
 * their time-outs run. */
void server_tick(struct server *s, usec_t now);

/* Whether those behind it in the order have to wait for its first check: they may know less. */
bool server_is_awaited(const struct server *s);

/* Choose the server for the lookup's next attempt; NULL when it has to wait for room. */
struct server *server_pick(struct dns_engine *engine, const struct dns_lookup *l, usec_t now);

/* Whether a server that doesn't work gets a question now: after longer and longer pauses. */
bool server_takes_probe(struct server *s, usec_t now);

/* Whether a server that works was not asked yet. */
bool server_is_any_left(const struct dns_engine *engine, const struct dns_lookup *l);

/* How long to wait for an answer before another attempt. */
usec_t server_patience(const struct server *s, usec_t most);

/* Note what happened, and look anew at the server's health. */
void server_on_answer(struct server *s, usec_t now, usec_t rtt);
/* Note whether an answer was truncated. A server that truncates many limits what it answers over
 * UDP (as NSD's response rate limiting does), so for a second all is asked over TCP. */
void server_on_size(struct server *s, bool is_truncated, bool is_tcp, usec_t now);
void server_on_loss(struct server *s, usec_t now, usec_t timeout);
void server_on_refused(struct server *s);
/* Forget its sockets, and what they told of whether it can be reached. */
void server_on_network(struct server *s, usec_t now);
void server_on_no_route(struct server *s, int error);
/* It answered with a failure. Whose fault that is shows when others are asked: the window stays. */
void server_on_failure(struct server *s, usec_t now);
/* It failed where another answered, or answered. The first is to the window what a loss is. */
void server_on_blame(struct server *s, bool is_good, usec_t now);

/* In send.c: send what is in the outbox, as far as the pace and the limit of questions a second let
 * it. Returns how long to wait before the next call: 0 for the next turn, SERVER_NO_MORE for not
 * before something happens. */
#define SERVER_NO_MORE INT64_MAX
usec_t server_flush(struct server *s, usec_t now);
