/* Next times of random expressions, held against an oracle that looks at each minute with libc's
 * calendar: neither GLib nor our masks and leaps are in it. */
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "model/cron.h"

static uint64_t state; /* of chance */

static uint64_t chance(uint64_t n)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (state >> 33) % n;
}

static bool fits(const struct cron *cron, const struct tm *tm)
{
	bool day = (cron->days >> tm->tm_mday & 1) != 0;
	bool weekday = (cron->weekdays >> tm->tm_wday & 1) != 0;

	return (cron->minutes >> tm->tm_min & 1) != 0 && (cron->hours >> tm->tm_hour & 1) != 0 &&
	       (cron->months >> (tm->tm_mon + 1) & 1) != 0 &&
	       (cron->has_either_day ? day || weekday : day && weekday);
}

static time_t local_at(time_t t, struct tm *ret_tm)
{
	localtime_r(&t, ret_tm);
	return t + ret_tm->tm_gmtoff;
}

/* The next time up to `until`, -1 when there is none; TZ is set. Zones change at full minutes. */
static time_t slow_next(const struct cron *cron, time_t after, time_t until)
{
	bool is_every_hour = __builtin_popcount(cron->hours) == 24;
	time_t latest = 0; /* that the clock has shown so far */
	struct tm tm;

	for (time_t t = after - 26 * 3600; t <= after; t += 60) {
		time_t local = local_at(t, &tm);
		latest = local > latest ? local : latest;
	}
	for (time_t t = (after / 60 + 1) * 60; t <= until; t += 60) {
		time_t local = local_at(t, &tm);
		if (is_every_hour && fits(cron, &tm))
			return t;
		for (latest -= latest % 60; !is_every_hour && latest < local;) {
			latest += 60;
			gmtime_r(&latest, &tm);
			if (fits(cron, &tm))
				return t;
		}
	}
	return -1;
}

static char *put_field(char *at, int low, int high, bool is_often_star)
{
	int span = high - low + 1;

	if (chance(is_often_star ? 10 : 4) >= 1 + (unsigned)!is_often_star)
		return at + sprintf(at, "* ");
	for (uint64_t n = 1 + chance(3); n > 0; n--) {
		int from = low + (int)chance((uint64_t)span);
		int to = from + (int)chance((uint64_t)(high - from + 1));
		int step = 1 + (int)chance((uint64_t)span - 1);
		switch (chance(5)) {
		case 0:
			at += sprintf(at, "%d-%d", from, to);
			break;
		case 1:
			at += sprintf(at, "*/%d", step);
			break;
		case 2:
			at += sprintf(at, "%d-%d/%d", from, to, step);
			break;
		case 3:
			at += sprintf(at, "%d/%d", from, step);
			break;
		default:
			at += sprintf(at, "%d", from);
		}
		*at++ = n > 1 ? ',' : ' ';
	}
	return at;
}

static void make_expression(char *at, bool is_sparse)
{
	at = put_field(at, 0, 59, false);
	at = put_field(at, 0, 23, chance(2) == 0);
	at = put_field(at, 1, 31, !is_sparse);
	at = put_field(at, 1, 12, !is_sparse);
	at = put_field(at, 0, 7, !is_sparse);
	at[-1] = '\0';
}

static const char *const zones[] = {"UTC", "Europe/Berlin", "America/New_York",
    "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia", "Africa/Cairo", "Europe/Dublin",
    "America/Santiago", "Asia/Kathmandu", "Pacific/Chatham", "Antarctica/Troll", "America/St_Johns",
    "Asia/Gaza", "Pacific/Fakaofo", "America/Caracas"};

/* Return an instant from 2005 to 2037, mostly a day or less from a change of the zone. */
static time_t pick_instant(const struct zone *zone)
{
	time_t t = 1104537600 + (time_t)chance(1009000000);
	time_t change = (time_t)zone_change(zone, t, t + 300 * 86400);

	return change < 0 || chance(4) == 0 ? t : change - 86400 + (time_t)chance(2 * 86400);
}

static void compare(const struct zone *zone, bool is_sparse, int n_days)
{
	char text[400], fault[CRON_FAULT_SIZE];
	struct cron cron;

	make_expression(text, is_sparse);
	if (!cron_parse(text, &cron, fault)) {
		ck_assert_msg(strstr(fault, "does not occur") != NULL, "%s: %s", text, fault);
		return;
	}
	time_t after = pick_instant(zone), until = after + n_days * 86400;
	for (int i = 0; i < 4; i++) {
		time_t want = slow_next(&cron, after, until);
		usec_t next = cron_next(&cron, zone, (usec_t)after * USEC_PER_SEC);
		time_t got = (time_t)(next / USEC_PER_SEC);
		ck_assert_msg(want < 0 ? got > until : got == want,
		    "%s in %s after %lld: got %lld, want %lld", text, zone_name(zone),
		    (long long)after, (long long)got, (long long)want);
		if (want < 0)
			return;
		after = want;
	}
}

TEST(agrees_with_the_oracle)
{
	struct zone *zone = zone_open(zones[_i]);

	ck_assert_ptr_nonnull(zone);
	setenv("TZ", zones[_i], 1);
	tzset();
	state = 20260329 + (uint64_t)_i;
	for (int i = 0; i < 150; i++)
		compare(zone, false, 3);
	for (int i = 0; i < 2; i++)
		compare(zone, true, 400);
	unsetenv("TZ");
	tzset();
	zone_close(zone);
}

SUITE(cron_oracle)
{
	ADD_ROWS(agrees_with_the_oracle, zones);
}
