/* Pauses between attempts to reach the daemon. They grow, so that a restart of the daemon is
 * bridged. Thread: any. */
#pragma once

#include <stdbool.h>

#include "base/clock.h"

enum { BACKOFF_MAX_TRIES = 10 };

struct backoff {
	unsigned n_tries; /* attempts in a row that brought nothing */
	usec_t due;       /* of the next attempt, monotonic; 0: at once */
};

/* Schedule the next attempt after a pause. False: there were BACKOFF_MAX_TRIES in a row. */
bool backoff_next(struct backoff *b);
bool backoff_is_due(const struct backoff *b);
