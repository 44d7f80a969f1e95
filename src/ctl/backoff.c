/* Pauses between attempts. Ten attempts take half a minute. */
#include "ctl/backoff.h"

#define FIRST_PAUSE (USEC_PER_SEC / 4)
#define LAST_PAUSE  (5 * USEC_PER_SEC)

bool backoff_next(struct backoff *b)
{
	usec_t pause = FIRST_PAUSE;

	if (b->n_tries == BACKOFF_MAX_TRIES)
		return false;
	for (unsigned i = 0; i < b->n_tries && pause < LAST_PAUSE; i++)
		pause *= 2;
	b->due = clock_mono() + (pause < LAST_PAUSE ? pause : LAST_PAUSE);
	b->n_tries++;
	return true;
}

bool backoff_is_due(const struct backoff *b)
{
	return b->due == 0 || clock_mono() >= b->due;
}
