/* Trying again. Ten tries take half a minute. */
#include "ctl/retry.h"

#define FIRST_PAUSE (USEC_PER_SEC / 4)
#define LAST_PAUSE  (5 * USEC_PER_SEC)

bool retry_plan(struct retry *r)
{
	usec_t pause = FIRST_PAUSE;

	if (r->n_tries == RETRY_MAX_TRIES)
		return false;
	for (unsigned i = 0; i < r->n_tries && pause < LAST_PAUSE; i++)
		pause *= 2;
	r->due = clock_mono() + (pause < LAST_PAUSE ? pause : LAST_PAUSE);
	r->n_tries++;
	return true;
}

bool retry_is_due(const struct retry *r)
{
	return r->due == 0 || clock_mono() >= r->due;
}
