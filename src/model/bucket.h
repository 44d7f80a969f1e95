/* A token bucket: how many items a second may begin. Time is an argument. Thread: any (one at a
 * time). */
#pragma once

#include <stdbool.h>

#include "base/clock.h"

struct bucket {
	double rate; /* tokens a second; 0: no limit */
	double most; /* tokens it can hold: a twentieth of a second's, at least one */
	double tokens;
	usec_t filled_at;
};

void bucket_init(struct bucket *b, double rate, usec_t now);

/* Take a token; false when there is none. */
bool bucket_take(struct bucket *b, usec_t now);

/* Time until there is a token; 0 when there is one. */
usec_t bucket_wait(struct bucket *b, usec_t now);
