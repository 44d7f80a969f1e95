/* The life of a lookup. Inside the engine. Thread: loop. */
#pragma once

#include "dns/private.h"

/* As dns_lookup_start; `only` is the server to ask, however it is, or NULL. */
struct dns_lookup *lookup_start(struct dns_engine *engine, const struct dns_question *question,
    struct server *only, dns_lookup_fn *on_done, void *arg);

/* Give the lookup a place at a server, or let it wait for one. */
void lookup_route(struct dns_lookup *l, usec_t now);

/* It was never sent, for there is no route to its server: as if it had not been tried there. */
void lookup_unroute(struct dns_lookup *l, usec_t now);

/* Give a new ask an id of the table, and the wire too. The oldest one of the lookup is given up. */
void lookup_take_id(struct dns_lookup *l, struct asks *table, usec_t now);
void lookup_return_id(struct dns_lookup *l); /* it was not sent */

/* It was sent: start the clock. */
void lookup_on_sent(struct dns_lookup *l, usec_t now);

/* Nobody listens where it was sent to: it goes elsewhere with the wheel's next tick. */
void lookup_refuse(struct dns_lookup *l, usec_t now);
void lookup_on_refused(struct server *s, struct asks *table, usec_t now); /* all of the table */

/* The TCP connection that the ask was on is gone: ask again on a new one, a few times, or give the
 * server up. */
void lookup_on_disconnect(struct ask *ask, bool may_reconnect, usec_t now);

/* The server where it has its place gave no answer that settles it: ask elsewhere, later, or end.
 * `a` is what it said, or NULL. */
void lookup_fail(
    struct dns_lookup *l, enum dns_outcome outcome, const struct dns_answer *a, usec_t now);

/* Ask the same server once more, at once; the ask before stays. */
void lookup_repeat(struct dns_lookup *l);

/* Remember for the result what a server said, or that it said nothing. */
void lookup_note_try(struct dns_lookup *l, const struct dns_try *try);

/* End it with its callback. */
void lookup_finish(struct dns_lookup *l, enum dns_outcome outcome, const struct dns_answer *a);

void lookup_on_timer(struct wheel_entry *entry, void *arg);

/* Take the lookup out of all lists, and off the wire. */
void lookup_release(struct dns_lookup *l);

/* In receive.c: read a packet that came from the server. */
void lookup_on_packet(struct server *s, struct asks *table, const uint8_t *packet, size_t len,
    enum transport transport, usec_t now);
