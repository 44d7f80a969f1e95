/* The two clocks and the text form of wall time. */
#include "base/clock.h"

#include <string.h>
#include <time.h>

static usec_t read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (usec_t)t.tv_sec * USEC_PER_SEC + t.tv_nsec / 1000;
}

usec_t clock_mono(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

usec_t clock_wall(void)
{
	return read_clock(CLOCK_REALTIME);
}

/* Write the last `n` decimal digits of `value`. By hand, because a stream writes millions of these.
 */
static void put_digits(char *at, int n, int value)
{
	while (n-- > 0) {
		at[n] = (char)('0' + value % 10);
		value /= 10;
	}
}

void clock_format(usec_t wall, char ret_text[static CLOCK_TEXT_SIZE])
{
	if (wall < 0)
		wall = 0;
	if (wall > CLOCK_WALL_MAX)
		wall = CLOCK_WALL_MAX;
	time_t seconds = (time_t)(wall / USEC_PER_SEC);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	memcpy(ret_text, "0000-00-00T00:00:00.000Z", 25);
	put_digits(ret_text, 4, tm.tm_year + 1900);
	put_digits(ret_text + 5, 2, tm.tm_mon + 1);
	put_digits(ret_text + 8, 2, tm.tm_mday);
	put_digits(ret_text + 11, 2, tm.tm_hour);
	put_digits(ret_text + 14, 2, tm.tm_min);
	put_digits(ret_text + 17, 2, tm.tm_sec);
	put_digits(ret_text + 20, 3, (int)(wall % USEC_PER_SEC / USEC_PER_MSEC));
}
