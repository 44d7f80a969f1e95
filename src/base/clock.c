/* The two clocks and the text form of wall time. */
#include "base/clock.h"

#include <stdbool.h>
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

/* Read exactly `n` digits at *at. */
static bool get_digits(const char **at, int n, int *ret_value)
{
	int value = 0;

	for (; n > 0; n--, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		value = value * 10 + (**at - '0');
	}
	*ret_value = value;
	return true;
}

static bool get_char(const char **at, const char *any_of)
{
	if (**at == '\0' || strchr(any_of, **at) == NULL)
		return false;
	(*at)++;
	return true;
}

/* The part of a second behind the point, in microseconds; none is fine, a point without digits is
 * not. */
static bool get_fraction(const char **at, usec_t *ret_fraction)
{
	usec_t unit = USEC_PER_SEC;
	int digit;

	*ret_fraction = 0;
	if (**at != '.')
		return true;
	(*at)++;
	if (**at < '0' || **at > '9')
		return false;
	while (get_digits(at, 1, &digit)) {
		unit /= 10;
		*ret_fraction += unit * digit;
	}
	return true;
}

/* `Z`, or the distance from UTC. */
static bool get_offset(const char **at, int *ret_minutes)
{
	int hours, minutes, sign = **at == '-' ? -1 : 1;

	*ret_minutes = 0;
	if (get_char(at, "Zz"))
		return true;
	if (!get_char(at, "+-") || !get_digits(at, 2, &hours) || !get_char(at, ":") ||
	    !get_digits(at, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*ret_minutes = sign * (hours * 60 + minutes);
	return true;
}

/* A day that there is. */
static bool get_day(const char **at, struct tm *tm)
{
	struct tm back;

	if (!get_digits(at, 4, &tm->tm_year) || !get_char(at, "-") ||
	    !get_digits(at, 2, &tm->tm_mon) || !get_char(at, "-") ||
	    !get_digits(at, 2, &tm->tm_mday))
		return false;
	tm->tm_year -= 1900;
	tm->tm_mon--;
	struct tm date = {.tm_year = tm->tm_year, .tm_mon = tm->tm_mon, .tm_mday = tm->tm_mday};
	time_t day = timegm(&date);
	gmtime_r(&day, &back); /* timegm normalised a day that does not exist */
	return back.tm_mon == tm->tm_mon && back.tm_mday == tm->tm_mday;
}

static bool get_time_of_day(const char **at, struct tm *tm, usec_t *ret_fraction)
{
	return get_digits(at, 2, &tm->tm_hour) && get_char(at, ":") &&
	       get_digits(at, 2, &tm->tm_min) && get_char(at, ":") &&
	       get_digits(at, 2, &tm->tm_sec) && get_fraction(at, ret_fraction) &&
	       tm->tm_hour <= 23 && tm->tm_min <= 59 && tm->tm_sec <= 60;
}

enum err clock_parse(const char *text, usec_t *ret_wall)
{
	const char *at = text;
	struct tm tm = {0};
	usec_t fraction;
	int offset;

	if (!get_day(&at, &tm) || !get_char(&at, "Tt ") || !get_time_of_day(&at, &tm, &fraction) ||
	    !get_offset(&at, &offset) || *at != '\0')
		return ERR_INVALID;
	usec_t wall = ((usec_t)timegm(&tm) - (usec_t)offset * 60) * USEC_PER_SEC + fraction;
	if (wall < 0 || wall > CLOCK_WALL_MAX)
		return ERR_INVALID;
	*ret_wall = wall;
	return OK;
}
