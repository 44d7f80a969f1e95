/* How many queries may be in flight to one server: found by trying, never asked of the user.
 *
 * The window opens quickly at first and then by a sixteenth a round, while it is what holds the
 * sender back and answers come without a standing queue. It closes by a third when more answers are
 * missing than usual for this server: some names never get an answer however slowly one asks, so
 * the share that is missing anyway is learnt and is no reason to slow down. While some are missing
 * a round lasts two time-outs, and the window opens by a quarter. A queue stands when
 * even the fastest answer of a round came later than the fastest ever did (as CoDel, RFC 8289,
 * tells it). Every half minute the window is halved and opens again, so that a server that has
 * become faster is noticed and an old measurement doesn't rule for ever. Time is an argument.
 * Thread: loop. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

enum { WINDOW_FLOOR = 16, WINDOW_START = 64 };

struct window {
	uint32_t size, cap;
	bool is_opening;          /* doubling until the first sign of trouble */
	bool was_full;            /* the sender was held back in this round */
	uint32_t answers, losses; /* of this round */
	uint32_t losses_in_a_row;
	double usual_loss; /* share of queries that get no answer whatever the window */
	usec_t round_rtt;  /* fastest answer of this round */
	usec_t best_rtt;   /* fastest answer since `measured_at`; 0: none */
	usec_t measured_at;
	usec_t began_at;         /* this round */
	usec_t hold_until;       /* time-outs before this were sent before the window closed */
	usec_t lost_at, timeout; /* of the last loss */
};

void window_init(struct window *w, uint32_t cap, usec_t now);

/* Note what became of a query: answered after `rtt`, or not within its `timeout`. */
void window_on_answer(struct window *w, usec_t now, usec_t rtt);
void window_on_loss(struct window *w, usec_t now, usec_t timeout);

/* Note that the sender had more to send than the window let it. */
void window_on_full(struct window *w);

/* Whether the server seems dead: many queries in a row without an answer. */
bool window_is_dead(const struct window *w);
