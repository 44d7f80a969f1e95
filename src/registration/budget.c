#include "registration/budget.h"

#include <math.h>

#define RATE_LEAST (1.0 / 60)
#define HOUR       (3600 * USEC_PER_SEC)

enum { CLEAN_ANSWERS = 100 };

static const usec_t hold_least = 30 * USEC_PER_SEC;

static double bound(double value, double least, double most)
{
	return value < least ? least : value > most ? most : value;
}

void budget_init(struct budget *b, double rate, double most, double burst, usec_t now)
{
	*b = (struct budget){.most = most > RATE_LEAST ? most : RATE_LEAST,
	    .tokens = burst,
	    .burst = burst,
	    .filled_at = now};
	b->start = b->rate = bound(rate, RATE_LEAST, b->most);
	for (int i = 0; i < BUDGET_STRIKES; i++)
		b->strikes[i] = BUDGET_NEVER;
}

static double tokens_at(const struct budget *b, usec_t now)
{
	usec_t passed = now > b->filled_at ? now - b->filled_at : 0;

	return bound(b->tokens + (double)passed / USEC_PER_SEC * b->rate, 0, b->burst);
}

usec_t budget_wait(const struct budget *b, usec_t now)
{
	usec_t held = b->held_until > now ? b->held_until - now : 0;
	double missing = 1 - tokens_at(b, now);
	usec_t empty = missing > 0 ? (usec_t)(missing / b->rate * USEC_PER_SEC) + 1 : 0;

	return held > empty ? held : empty;
}

bool budget_take(struct budget *b, usec_t now)
{
	if (budget_wait(b, now) > 0)
		return false;
	b->tokens = tokens_at(b, now) - 1;
	b->filled_at = now;
	return true;
}

bool budget_is_resting(const struct budget *b, usec_t now)
{
	return b->has_struck_out && b->held_until > now;
}

/* What was saved up at the old rate stays. */
static void set_rate(struct budget *b, usec_t now, double rate)
{
	b->tokens = tokens_at(b, now);
	b->filled_at = now;
	b->rate = bound(rate, RATE_LEAST, b->most);
	b->n_clean = 0;
}

void budget_on_answer(struct budget *b, usec_t now)
{
	if (++b->n_clean >= CLEAN_ANSWERS)
		set_rate(b, now, b->rate * 1.1);
}

/* Requests that were under way together are refused together: while the host is held, further
 * refusals are the same strike. */
void budget_on_refusal(struct budget *b, usec_t now, usec_t retry_after)
{
	usec_t hold = retry_after < hold_least ? hold_least
		      : retry_after > HOUR     ? HOUR
					       : retry_after;
	bool is_new = b->held_until <= now;

	if (is_new) {
		set_rate(b, now, b->rate / 2);
		b->tokens = 0;
		for (int i = 0; i < BUDGET_STRIKES - 1; i++)
			b->strikes[i] = b->strikes[i + 1];
		b->strikes[BUDGET_STRIKES - 1] = now;
		b->has_struck_out = now - b->strikes[0] < HOUR;
	}
	if (b->has_struck_out)
		hold = HOUR;
	if (b->held_until < now + hold)
		b->held_until = now + hold;
}

void budget_describe(const struct budget *b, usec_t now, usec_t wall, struct budget_note *ret_note)
{
	*ret_note = (struct budget_note){.start = b->start,
	    .rate = b->rate,
	    .held_until = b->held_until > now ? wall + (b->held_until - now) : 0};
	for (int i = 0; i < BUDGET_STRIKES; i++)
		ret_note->strikes[i] =
		    now - b->strikes[i] < HOUR ? wall - (now - b->strikes[i]) : 0;
}

void budget_resume(struct budget *b, const struct budget_note *note, usec_t now, usec_t wall)
{
	usec_t hold = note->held_until - wall;

	b->tokens = 0;
	if (fabs(note->start - b->start) < 1e-6 * b->start)
		b->rate = bound(note->rate, RATE_LEAST, b->most);
	for (int i = 0; i < BUDGET_STRIKES; i++) {
		usec_t age = wall - note->strikes[i];
		if (note->strikes[i] > 0 && age < HOUR)
			b->strikes[i] = now - (age > 0 ? age : 0);
	}
	if (hold > 0)
		b->held_until = now + (hold < HOUR ? hold : HOUR);
	/* the last strike is the newest; the first within an hour before it rests the host */
	b->has_struck_out = hold > 0 && b->strikes[0] > BUDGET_NEVER;
}
