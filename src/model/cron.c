/* Reading an expression is a matter of masks. The next fire is searched for by the local calendar,
 * months first, and only then put on the line of instants; the zone is asked a few times. */
#include "model/cron.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { MINUTE = 60, DAY = 24 * 3600, TM_YEAR_MAX = 9999 - 1900 };

/* 29 February on a given day of the week may take 40 years to come, across 2100. */
enum { MAX_YEARS = 41 };

/* Marks a missing local time or instant; both may be before 1970. */
#define NEVER INT64_MIN

struct field {
	const char *name;
	int low, high;         /* what `*` stands for */
	int most;              /* the highest number that may be written */
	const char *names[13]; /* of `low` and so on */
};

static const struct field fields[] = {
    {"minute", 0, 59, 59, {NULL}},
    {"hour", 0, 23, 23, {NULL}},
    {"day of the month", 1, 31, 31, {NULL}},
    {"month", 1, 12, 12,
	{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
    {"day of the week", 0, 6, 7, {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
};
enum { N_FIELDS = sizeof(fields) / sizeof(fields[0]), WEEKDAY = N_FIELDS - 1 };

static const struct {
	const char *name, *text;
} nicknames[] = {
    {"@hourly", "0 * * * *"},
    {"@daily", "0 0 * * *"},
    {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},
    {"@monthly", "0 0 1 * *"},
    {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
};

/* A field while it is read. */
struct reading {
	const struct field *field;
	const char *at;
	char *fault;
	uint64_t mask;
	bool has_star;
};

PRINTF(2, 3) static bool refuse(struct reading *r, const char *format, ...)
{
	int len = snprintf(r->fault, CRON_FAULT_SIZE, "%s: ", r->field->name);
	va_list args;

	va_start(args, format);
	vsnprintf(r->fault + len, (size_t)(CRON_FAULT_SIZE - len), format, args);
	va_end(args);
	return false;
}

/* Read a number or a name. */
static bool read_value(struct reading *r, int *ret_value)
{
	static const char digits[] = "0123456789";
	const struct field *f = r->field;
	const char *names = f->names[0] == NULL ? "" : " or a name like ", *first = f->names[0];
	size_t len = strcspn(r->at, ",-/*"), n_digits = strspn(r->at, digits);
	int value = 0;

	first = first == NULL ? "" : first;
	for (int i = 0; f->names[i] != NULL; i++) {
		if (strlen(f->names[i]) == len && strncasecmp(f->names[i], r->at, len) == 0) {
			*ret_value = f->low + i;
			r->at += len;
			return true;
		}
	}
	if (len == 0 || n_digits != len)
		return refuse(r, "expected a number%s%s", names, first);
	for (; n_digits > 0; n_digits--, r->at++)
		value = value > f->most ? value : value * 10 + *r->at - '0';
	if (value < f->low || value > f->most)
		return refuse(
		    r, "expected a number from %d to %d%s%s", f->low, f->most, names, first);
	*ret_value = value;
	return true;
}

/* Read the value behind the hyphen of a range from `low`. */
static bool read_range_end(struct reading *r, int low, int *ret_high)
{
	int high;

	r->at++;
	if (!read_value(r, &high))
		return false;
	if (r->field == &fields[WEEKDAY] && high == 0 && low > 0)
		high = 7; /* until Sunday */
	if (high < low)
		return refuse(r, "a range must start with its lower bound");
	*ret_high = high;
	return true;
}

static bool read_step(struct reading *r, int *ret_step)
{
	int step = 0;

	for (r->at++; *r->at >= '0' && *r->at <= '9'; r->at++)
		step = step > r->field->most ? step : step * 10 + *r->at - '0';
	if (step < 1 || step > r->field->most)
		return refuse(r, "expected a step from 1 to %d", r->field->most);
	*ret_step = step;
	return true;
}

static bool read_element(struct reading *r)
{
	int low = r->field->low, high = r->field->high, step = 1;

	if (*r->at == '*') {
		r->has_star = true;
		r->at++;
	} else {
		if (!read_value(r, &low))
			return false;
		if (*r->at == '-') {
			if (!read_range_end(r, low, &high))
				return false;
		} else if (*r->at != '/' || high < low) {
			high = low;
		}
	}
	if (*r->at == '/' && !read_step(r, &step))
		return false;
	for (int value = low; value <= high; value += step)
		r->mask |= UINT64_C(1) << value;
	if (*r->at != ',' && *r->at != '\0')
		return refuse(r, "expected commas between *, numbers and ranges");
	return true;
}

static bool read_field(struct reading *r)
{
	for (;; r->at++) {
		if (!read_element(r))
			return false;
		if (*r->at == '\0')
			return true;
	}
}

/* The days that a month can have, as a mask; February's with the leap day. */
static uint32_t days_of(int month)
{
	int n_days = month == 2 ? 29 : 30 + (month + month / 8) % 2;

	return (uint32_t)(((UINT64_C(1) << n_days) - 1) << 1);
}

static bool can_fire(const struct cron *cron)
{
	if (cron->has_either_day)
		return true;
	for (int month = 1; month <= 12; month++) {
		if ((cron->months >> month & 1) != 0 && (cron->days & days_of(month)) != 0)
			return true;
	}
	return false;
}

static bool parse_fields(char *const texts[], struct cron *ret_cron, char *ret_fault)
{
	struct reading r[N_FIELDS];

	for (int i = 0; i < N_FIELDS; i++) {
		r[i] = (struct reading){.field = &fields[i], .at = texts[i], .fault = ret_fault};
		if (!read_field(&r[i]))
			return false;
	}
	struct cron cron = {
	    .minutes = r[0].mask,
	    .hours = (uint32_t)r[1].mask,
	    .days = (uint32_t)r[2].mask,
	    .months = (uint32_t)r[3].mask,
	    .weekdays = (uint32_t)((r[WEEKDAY].mask | r[WEEKDAY].mask >> 7) & 0x7f),
	    .has_either_day = !r[2].has_star && !r[WEEKDAY].has_star,
	};
	if (!can_fire(&cron))
		return refuse(&r[2], "does not occur in the given months");
	*ret_cron = cron;
	return true;
}

/* Return the expression for a nickname such as @daily, or NULL. */
static const char *expand(const char *name)
{
	for (size_t i = 0; i < sizeof(nicknames) / sizeof(nicknames[0]); i++) {
		if (strcasecmp(nicknames[i].name, name) == 0)
			return nicknames[i].text;
	}
	return NULL;
}

bool cron_parse(const char *text, struct cron *ret_cron, char ret_fault[static CRON_FAULT_SIZE])
{
	static const char blanks[] = " \t";
	char copy[CRON_TEXT_MAX + 1], *rest = copy, *word, *words[N_FIELDS];
	int n = 0;

	if (text[0] == '@' && (text = expand(text)) == NULL) {
		snprintf(ret_fault, CRON_FAULT_SIZE,
		    "the only names are @hourly, @daily, @midnight, @weekly, @monthly, @yearly and "
		    "@annually");
		return false;
	}
	if (strlen(text) > CRON_TEXT_MAX) {
		snprintf(ret_fault, CRON_FAULT_SIZE, "an expression must have at most %d bytes",
		    CRON_TEXT_MAX);
		return false;
	}
	memcpy(copy, text, strlen(text) + 1);
	while ((word = strsep(&rest, blanks)) != NULL) {
		if (*word == '\0')
			continue;
		if (n < N_FIELDS)
			words[n] = word;
		n++;
	}
	if (n != N_FIELDS) {
		snprintf(ret_fault, CRON_FAULT_SIZE,
		    "an expression has five fields (minute, hour, day of the month, month, day of "
		    "the week); here are %d",
		    n);
		return false;
	}
	return parse_fields(words, ret_cron, ret_fault);
}

/* Return the days of a month that fit, as a mask; `first` is the month's first day. */
static uint32_t fitting_days(const struct cron *cron, const struct tm *first)
{
	bool is_leap = (first->tm_year + 300) % 400 == 0 ||
		       (first->tm_year % 4 == 0 && first->tm_year % 100 != 0);
	uint32_t all = days_of(first->tm_mon + 1), by_week = 0;

	if (first->tm_mon == 1 && !is_leap)
		all &= ~(UINT32_C(1) << 29);
	for (int day = 1; day <= 31; day++)
		by_week |= (cron->weekdays >> ((first->tm_wday + day - 1) % 7) & 1) << day;
	return all & (cron->has_either_day ? cron->days | by_week : cron->days & by_week);
}

/* Return the first fitting second of the day that is `from` or later, -1 when there is none. */
static int fitting_second(const struct cron *cron, int from)
{
	int minute = (from + MINUTE - 1) / MINUTE;

	for (int hour = minute / 60; hour < 24; hour++) {
		if ((cron->hours >> hour & 1) == 0)
			continue;
		int first = hour == minute / 60 ? minute % 60 : 0;
		uint64_t minutes = cron->minutes >> first;
		if (minutes != 0)
			return (hour * 60 + first + __builtin_ctzll(minutes)) * MINUTE;
	}
	return -1;
}

/* Return the first fitting local time that is `from` or later; NEVER when there is none. */
static int64_t fitting_local(const struct cron *cron, int64_t from)
{
	struct tm tm;

	gmtime_r(&(time_t){from}, &tm);
	int second = tm.tm_hour * 3600 + tm.tm_min * MINUTE + tm.tm_sec;
	int last_year = tm.tm_year + MAX_YEARS;
	uint32_t past = (UINT32_C(1) << tm.tm_mday) - 1; /* the days before this one */
	if (fitting_second(cron, second) < 0)
		past |= UINT32_C(1) << tm.tm_mday;
	for (; tm.tm_year <= last_year && tm.tm_year <= TM_YEAR_MAX; past = 0) {
		if ((cron->months >> (tm.tm_mon + 1) & 1) != 0) {
			struct tm first = {
			    .tm_year = tm.tm_year, .tm_mon = tm.tm_mon, .tm_mday = 1};
			int64_t start = timegm(&first);
			uint32_t days = fitting_days(cron, &first) & ~past;
			if (days != 0) {
				int64_t midnight = start + (__builtin_ctz(days) - 1) * (int64_t)DAY;
				return midnight +
				       fitting_second(cron, midnight <= from ? second : 0);
			}
		}
		tm.tm_mon = (tm.tm_mon + 1) % 12;
		tm.tm_year += tm.tm_mon == 0;
	}
	return NEVER;
}

/* Every hour: the first instant behind `after` at which the clock shows a fitting minute. Local
 * times are looked for as the clock runs now, and anew behind each change of the zone. What is far
 * away is approached to within two days, more than a zone can leap, so that changes on the way
 * there don't matter. */
static int64_t next_real(const struct cron *cron, const struct zone *zone, int64_t after)
{
	const int64_t near = 2 * DAY;

	for (int64_t instant = after + 1;;) {
		int64_t now = zone_local(zone, instant), local = fitting_local(cron, now);
		if (local == NEVER)
			return NEVER;
		int64_t wait = local - now;
		int64_t change = zone_change(zone, instant, instant + (wait < near ? wait : near));
		if (change >= 0)
			instant = change;
		else if (wait <= near)
			return instant + wait;
		else
			instant += wait - near;
	}
}

/* Not every hour: the first instant behind `after` that stands for a fitting local time. Within a
 * fold there are some whose first occurrence is past, at most a day's. */
static int64_t next_once(const struct cron *cron, const struct zone *zone, int64_t after)
{
	int64_t local = zone_local(zone, after);

	for (;;) {
		local = fitting_local(cron, local + 1);
		if (local == NEVER)
			return NEVER;
		int64_t fire = zone_instant(zone, local);
		if (fire > after)
			return fire;
	}
}

bool cron_is_every_hour(const struct cron *cron)
{
	return cron->hours == (1 << 24) - 1;
}

usec_t cron_next(const struct cron *cron, const struct zone *zone, usec_t after)
{
	int64_t second = after < 0 ? -1 : after / USEC_PER_SEC;

	if (after >= CLOCK_WALL_MAX)
		return -1;
	second = cron_is_every_hour(cron) ? next_real(cron, zone, second)
					  : next_once(cron, zone, second);
	if (second == NEVER || second > CLOCK_WALL_MAX / USEC_PER_SEC)
		return -1;
	return second * USEC_PER_SEC;
}
