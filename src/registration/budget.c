#include "registration/budget.h"

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
	b->rate = bound(rate, RATE_LEAST, b->most);
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
		b->has_struck_out = b->strikes[0] > 0 && now - b->strikes[0] < HOUR;
	}
	if (b->has_struck_out)
		hold = HOUR;
	if (b->held_until < now + hold)
		b->held_until = now + hold;
}
