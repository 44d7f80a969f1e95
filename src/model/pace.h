/* The recent rate of a job: the mean over the last 5 to 10 seconds, or since the start if that is
 * shorter. Time is an argument. Thread: any (one at a time). */
#pragma once

#include <stdint.h>

#include "base/clock.h"

struct pace {
	usec_t old_time, mid_time;
	uint64_t old_count, mid_count;
};

/* Begin at monotonic time `now` with `count` already done. */
void pace_init(struct pace *pace, usec_t now, uint64_t count);

/* Note that `count` are done at `now`; returns the rate a second, 0 while it can't be told. */
double pace_update(struct pace *pace, usec_t now, uint64_t count);
