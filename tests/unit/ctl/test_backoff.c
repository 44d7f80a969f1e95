/* Pauses grow to a bound, and attempts end. */
#include "../unit.h"

#include "ctl/backoff.h"

static const usec_t pauses_ms[BACKOFF_MAX_TRIES] = {
    250, 500, 1000, 2000, 4000, 5000, 5000, 5000, 5000, 5000};

TEST(pauses_grow_and_end)
{
	struct backoff b = {0};

	ck_assert(backoff_is_due(&b));
	for (int i = 0; i < BACKOFF_MAX_TRIES; i++) {
		usec_t before = clock_mono(), pause = pauses_ms[i] * USEC_PER_MSEC;
		ck_assert(backoff_next(&b));
		ck_assert(b.due >= before + pause && b.due <= clock_mono() + pause);
		ck_assert(!backoff_is_due(&b) || clock_mono() >= b.due);
	}
	ck_assert(!backoff_next(&b));
	b.n_tries = 0;
	ck_assert(backoff_next(&b));
}

SUITE(backoff)
{
	ADD(pauses_grow_and_end);
}
