/* How often one registry's host may be asked, over all jobs: a token bucket whose rate adapts. The
 * rate is halved when the host refuses, and grows by a tenth after 100 answers without a refusal;
 * it is never above the operator's most, nor below one request a minute. A host that refused three
 * times in an hour rests for an hour. Time is an argument, of the monotonic clock. Thread: any (one
 * at a time). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

enum { BUDGET_STRIKES = 3 };

struct budget {
	double start, rate, most; /* requests a second */
	double tokens, burst;     /* requests */
	usec_t filled_at;
	usec_t held_until;              /* nothing is asked before */
	bool has_struck_out;            /* ... since it refused too often */
	unsigned n_clean;               /* answers since the last change of the rate */
	usec_t strikes[BUDGET_STRIKES]; /* when it refused last; BUDGET_NEVER */
};

#define BUDGET_NEVER (INT64_MIN / 2)

/* What of it outlasts a restart; times are wall. */
struct budget_note {
	double start, rate;             /* requests a second: at the beginning, and now */
	usec_t held_until;              /* 0: it is not held */
	usec_t strikes[BUDGET_STRIKES]; /* 0: never */
};

/* Begin with `rate` requests a second, which is `most` as well where that is smaller. `burst` is at
 * least 1. */
void budget_init(struct budget *b, double rate, double most, double burst, usec_t now);

/* Take one request; false when it has to wait. */
bool budget_take(struct budget *b, usec_t now);

/* Return how long to wait for the next request; 0: none. */
usec_t budget_wait(const struct budget *b, usec_t now);

/* Does the host rest since it refused too often? */
bool budget_is_resting(const struct budget *b, usec_t now);

/* Note an answer: one that counts, or a refusal, with the time of its Retry-After (0: none). */
void budget_on_answer(struct budget *b, usec_t now);
void budget_on_refusal(struct budget *b, usec_t now, usec_t retry_after);

/* Describe what is to outlast a restart. `wall` is now, too. */
void budget_describe(const struct budget *b, usec_t now, usec_t wall, struct budget_note *ret_note);

/* Go on from a note, after budget_init. Nothing is saved up: what was asked just before the restart
 * is not known. The rate counts only if the beginning is the same as then. Times that a clock that
 * was set makes impossible are bounded: no hold is longer than an hour. */
void budget_resume(struct budget *b, const struct budget_note *note, usec_t now, usec_t wall);
