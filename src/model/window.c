/* The window of a server. */
#include "model/window.h"

#define QUEUE_TARGET (2 * USEC_PER_MSEC)
#define REMEASURE    (30 * USEC_PER_SEC)

enum { ROUND_LEAST = 64, DEAD_AFTER = 32 };

static const double loss_tolerance = 0.05;

static void begin_round(struct window *w, usec_t now)
{
	w->began_at = now;
	w->answers = w->losses = 0;
	w->round_rtt = 0;
	w->was_full = false;
}

void window_init(struct window *w, uint32_t cap, usec_t now)
{
	*w = (struct window){.size = WINDOW_START < cap ? WINDOW_START : cap,
	    .cap = cap,
	    .is_opening = true,
	    .began_at = now,
	    .measured_at = now};
}

static void close_by_a_third(struct window *w)
{
	w->size -= w->size / 3;
	if (w->size < WINDOW_FLOOR)
		w->size = WINDOW_FLOOR < w->cap ? WINDOW_FLOOR : w->cap;
	w->is_opening = false;
}

/* Losses come in bursts, a time-out after a window was filled with names that are slow; only over
 * some bursts is their share what it is. */
static bool is_losing(const struct window *w, usec_t now)
{
	return w->timeout > 0 && now - w->lost_at < 2 * w->timeout;
}

static void open_up(struct window *w, usec_t now)
{
	w->size += w->is_opening ? w->size : 1 + w->size / (is_losing(w, now) ? 4 : 16);
	if (w->size > w->cap)
		w->size = w->cap;
}

/* Whether significantly more answers are missing than usual: in a small round the share varies with
 * a standard deviation of sqrt(p(1-p)/n), and three of these are rare. */
static bool is_lossy(const struct window *w, double loss, uint32_t n)
{
	double excess = loss - w->usual_loss, variance = w->usual_loss * (1 - w->usual_loss) / n;

	return excess > loss_tolerance && excess * excess > 9 * variance;
}

/* The way may have become another one: measure the time without a queue anew. */
static void remeasure(struct window *w, usec_t now)
{
	w->measured_at = now;
	w->best_rtt = 0;
	w->is_opening = true;
	w->size = w->size / 2 > WINDOW_FLOOR ? w->size / 2 : w->size;
}

/* Judge a round of about one window of queries. */
static void end_round(struct window *w, usec_t now)
{
	uint32_t n = w->answers + w->losses;
	double loss = (double)w->losses / n;
	usec_t queue = w->best_rtt > 0 && w->round_rtt > 0 ? w->round_rtt - w->best_rtt : 0;

	if (is_lossy(w, loss, n)) {
		if (now >= w->hold_until) {
			close_by_a_third(w);
			w->hold_until = now + w->timeout;
		}
	} else if (queue > QUEUE_TARGET && w->size >= WINDOW_START) {
		w->is_opening = false;
		if (queue > 2 * QUEUE_TARGET && w->size > WINDOW_START)
			w->size -= w->size / 16;
	} else if (w->was_full) {
		open_up(w, now);
	}
	w->usual_loss += (loss - w->usual_loss) / (loss < w->usual_loss ? 4 : 16);
	if (w->round_rtt > 0 && (w->best_rtt == 0 || w->round_rtt < w->best_rtt))
		w->best_rtt = w->round_rtt;
	if (now - w->measured_at > REMEASURE)
		remeasure(w, now);
	begin_round(w, now);
}

static void end_round_when_due(struct window *w, usec_t now)
{
	uint32_t n = w->answers + w->losses;

	if (n >= ROUND_LEAST && n >= w->size &&
	    (!is_losing(w, now) || now - w->began_at >= 2 * w->timeout))
		end_round(w, now);
}

void window_on_answer(struct window *w, usec_t now, usec_t rtt)
{
	w->losses_in_a_row = 0;
	w->answers++;
	if (w->round_rtt == 0 || rtt < w->round_rtt)
		w->round_rtt = rtt > 0 ? rtt : 1;
	end_round_when_due(w, now);
}

void window_on_loss(struct window *w, usec_t now, usec_t timeout)
{
	w->losses_in_a_row++;
	w->losses++;
	w->lost_at = now;
	w->timeout = timeout;
	end_round_when_due(w, now);
}

void window_on_full(struct window *w)
{
	w->was_full = true;
}

bool window_is_dead(const struct window *w)
{
	return w->losses_in_a_row >= DEAD_AFTER;
}
