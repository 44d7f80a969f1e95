/* Trying again what the daemon did not answer, after pauses that grow, so that a restart of the
 * daemon is bridged. Thread: any. */
#pragma once

#include <stdbool.h>

#include "base/clock.h"

enum { RETRY_MAX_TRIES = 10 };

struct retry {
	unsigned n_tries; /* in a row that brought nothing */
	usec_t due;       /* monotonic; 0: at once */
};

/* Plan the next try; false when there were enough. */
bool retry_plan(struct retry *r);
bool retry_is_due(const struct retry *r);
