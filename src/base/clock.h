/* Time. Durations and deadlines use the monotonic clock, what people read uses the wall clock; both
 * are counted in microseconds. Thread: any. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

typedef int64_t usec_t;

#define USEC_PER_MSEC ((usec_t)1000)
#define USEC_PER_SEC  ((usec_t)1000000)

/* The last moment of the year 9999: RFC 3339 has no later ones. */
#define CLOCK_WALL_MAX ((usec_t)253402300799999999)

usec_t clock_mono(void); /* since an unspecified start; never goes back */
usec_t clock_wall(void); /* since 1970-01-01T00:00:00Z; may jump */

/* Read an RFC 3339 time with any offset. Digits beyond microseconds are dropped; a leap second is
 * read as the start of the next second. ERR_INVALID: not a time, or before 1970 or after
 * CLOCK_WALL_MAX. */
enum err clock_parse(const char *text, usec_t *ret_wall) MUST_CHECK;

enum { CLOCK_TEXT_SIZE = 32 };

/* Write `wall` as RFC 3339 UTC with milliseconds ("2026-11-22T12:00:00.123Z") into `ret_text`;
 * times before 1970 and after CLOCK_WALL_MAX show as those. */
void clock_format(usec_t wall, char ret_text[static CLOCK_TEXT_SIZE]);
