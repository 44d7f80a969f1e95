/* Cron expressions: what they name, what is refused, and their next times. */
#include "../unit.h"

#include <stdio.h>
#include <time.h>

#include "model/cron.h"

static void put_mask(char **at, uint64_t mask)
{
	const char *comma = "";

	for (int from = 0; from < 64; from++) {
		if ((mask >> from & 1) == 0)
			continue;
		int to = from;
		while (to < 63 && (mask >> (to + 1) & 1) != 0)
			to++;
		*at += sprintf(*at, to > from ? "%s%d-%d" : "%s%d", comma, from, to);
		from = to;
		comma = ",";
	}
}

static const struct {
	const char *name, *text, *want; /* ranges of each field, and how days are joined */
} good[] = {
    {"all", "* * * * *", "0-59 0-23 1-31 1-12 0-6 both"},
    {"numbers", "5 4 3 2 1", "5 4 3 2 1 either"},
    {"zeros in front", "05 04 03 02 01", "5 4 3 2 1 either"},
    {"the ends", "0 0 1 1 0", "0 0 1 1 0 either"},
    {"the other ends", "59 23 31 12 7", "59 23 31 12 0 either"},
    {"a range", "10-12 * * * *", "10-12 0-23 1-31 1-12 0-6 both"},
    {"a range of one", "10-10 * * * *", "10 0-23 1-31 1-12 0-6 both"},
    {"a list", "1,3,5-7,5 * * * *", "1,3,5-7 0-23 1-31 1-12 0-6 both"},
    {"a step", "*/15 * * * *", "0,15,30,45 0-23 1-31 1-12 0-6 both"},
    {"a step from 1", "0 0 */10 */5 *", "0 0 1,11,21,31 1,6,11 0-6 both"},
    {"a step of a range", "10-50/20 * * * *", "10,30,50 0-23 1-31 1-12 0-6 both"},
    {"a step to the end", "5/10 * * * *", "5,15,25,35,45,55 0-23 1-31 1-12 0-6 both"},
    {"a step to the week's end", "0 0 * * 5/1", "0 0 1-31 1-12 5-6 both"},
    {"a step from Sunday", "0 0 * * 7/2", "0 0 1-31 1-12 0 both"},
    {"the largest step", "*/59 */23 * * *", "0,59 0,23 1-31 1-12 0-6 both"},
    {"steps in a list", "*/30,7/25 * * * *", "0,7,30,32,57 0-23 1-31 1-12 0-6 both"},
    {"names", "0 0 * jan,MAR-May,dec Sun,tUE", "0 0 1-31 1,3-5,12 0,2 both"},
    {"names and numbers", "0 0 * feb-4/2 mon-5", "0 0 1-31 2,4 1-5 both"},
    {"until Sunday", "0 0 * * 5-7", "0 0 1-31 1-12 0,5-6 both"},
    {"until Sunday by name", "0 0 * * fri-sun", "0 0 1-31 1-12 0,5-6 both"},
    {"Sunday to Sunday", "0 0 * * 0-7", "0 0 1-31 1-12 0-6 both"},
    {"either day", "0 0 13 * fri", "0 0 13 1-12 5 either"},
    {"a step restricts no days", "0 0 */2 * mon",
	"0 0 1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31 1-12 1 both"},
    {"nor does a star in a list", "0 0 13 * 5,*/7", "0 0 13 1-12 0,5 both"},
    {"blanks and tabs", "\t 1  2\t3 4   5 ", "1 2 3 4 5 either"},
    {"impossible, but on a weekday", "0 0 31 2 mon", "0 0 31 2 1 either"},
    {"only in some months", "0 0 31 * *", "0 0 31 1-12 0-6 both"},
    {"leap day", "0 0 29 2 *", "0 0 29 2 0-6 both"},
    {"hourly", "@hourly", "0 0-23 1-31 1-12 0-6 both"},
    {"daily", "@daily", "0 0 1-31 1-12 0-6 both"},
    {"midnight", "@Midnight", "0 0 1-31 1-12 0-6 both"},
    {"weekly", "@weekly", "0 0 1-31 1-12 0 both"},
    {"monthly", "@MONTHLY", "0 0 1 1-12 0-6 both"},
    {"yearly", "@yearly", "0 0 1 1 0-6 both"},
    {"annually", "@annually", "0 0 1 1 0-6 both"},
};

TEST(names_minutes)
{
	char fault[CRON_FAULT_SIZE] = "none", got[500], *at = got;
	struct cron cron;

	ck_assert_msg(cron_parse(good[_i].text, &cron, fault), "%s: %s", good[_i].name, fault);
	const uint64_t masks[] = {cron.minutes, cron.hours, cron.days, cron.months, cron.weekdays};
	for (size_t i = 0; i < N_ROWS(masks); i++) {
		put_mask(&at, masks[i]);
		*at++ = ' ';
	}
	sprintf(at, "%s", cron.has_either_day ? "either" : "both");
	ck_row_str(good[_i].name, got, good[_i].want);
	ck_row_str(good[_i].name, fault, "none");
}

#define MINUTE  "minute: expected a number from 0 to 59"
#define NO_DAY  "day of the month: does not occur in the given months"
#define WEEKDAY "day of the week: expected a number from 0 to 7 or a name like sun"
#define N_FIELDS                                                                                   \
	"an expression has five fields (minute, hour, day of the month, month, day of the week); " \
	"here are "
#define NICKNAME                                                                                   \
	"the only names are @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually"
#define COMMAS "minute: expected commas between *, numbers and ranges"

static const struct {
	const char *name, *text, *want;
} bad[] = {
    {"nothing", "", N_FIELDS "0"},
    {"blanks", "  \t", N_FIELDS "0"},
    {"four fields", "* * * *", N_FIELDS "4"},
    {"six fields", "0 * * * * *", N_FIELDS "6"},
    {"a line", "* * * * *\n", "day of the week: expected commas between *, numbers and ranges"},
    {"an unknown name", "@reboot", NICKNAME},
    {"a name and more", "@daily *", NICKNAME},
    {"a name behind a blank", " @daily", N_FIELDS "1"},
    {"60 minutes", "60 * * * *", MINUTE},
    {"24 hours", "0 24 * * *", "hour: expected a number from 0 to 23"},
    {"day 0", "0 0 0 * *", "day of the month: expected a number from 1 to 31"},
    {"day 32", "0 0 32 * *", "day of the month: expected a number from 1 to 31"},
    {"month 0", "0 0 1 0 *", "month: expected a number from 1 to 12 or a name like jan"},
    {"month 13", "0 0 1 13 *", "month: expected a number from 1 to 12 or a name like jan"},
    {"weekday 8", "0 0 * * 8", WEEKDAY},
    {"a huge number", "99999999999999999999 * * * *", MINUTE},
    {"2^32", "4294967296 * * * *", MINUTE},
    {"a minus", "-1 * * * *", "minute: expected a number"},
    {"a plus", "+1 * * * *", "minute: expected a number"},
    {"a point", "1.5 * * * *", "minute: expected a number"},
    {"a word", "noon * * * *", "minute: expected a number"},
    {"a name of a month where days are", "0 0 jan * *", "day of the month: expected a number"},
    {"a long name", "0 0 * january *", "month: expected a number or a name like jan"},
    {"half a name", "0 0 * ja *", "month: expected a number or a name like jan"},
    {"a name and a digit", "0 0 * * mon1", "day of the week: expected a number or a name like sun"},
    {"not ASCII", "\xc3\xa9 * * * *", "minute: expected a number"},
    {"a range without an end", "1- * * * *", "minute: expected a number"},
    {"a range backwards", "30-10 * * * *", "minute: a range must start with its lower bound"},
    {"a week backwards", "0 0 * * 6-1", "day of the week: a range must start with its lower bound"},
    {"months over New Year", "0 0 1 nov-feb *", "month: a range must start with its lower bound"},
    {"two ranges in one", "1-2-3 * * * *", COMMAS},
    {"a range of all", "*-5 * * * *", COMMAS},
    {"a number behind a star", "*5 * * * *", COMMAS},
    {"two stars", "** * * * *", COMMAS},
    {"a star behind a number", "5* * * * *", COMMAS},
    {"a step without a number", "*/ * * * *", "minute: expected a step from 1 to 59"},
    {"a step of nothing", "*/0 * * * *", "minute: expected a step from 1 to 59"},
    {"a step of an hour", "*/60 * * * *", "minute: expected a step from 1 to 59"},
    {"a step of a day", "0 */24 * * *", "hour: expected a step from 1 to 23"},
    {"a huge step", "*/4294967297 * * * *", "minute: expected a step from 1 to 59"},
    {"a step with a minus", "*/-5 * * * *", "minute: expected a step from 1 to 59"},
    {"a step by name", "0 0 * */feb *", "month: expected a step from 1 to 12"},
    {"a step of a step", "*/5/5 * * * *", COMMAS},
    {"a comma first", ",5 * * * *", "minute: expected a number"},
    {"a comma last", "5, * * * *", "minute: expected a number"},
    {"two commas", "5,,6 * * * *", "minute: expected a number"},
    {"signs of other crons", "0 0 L * ?", "day of the month: expected a number"},
    {"the second Friday", "0 0 * * 5#2", "day of the week: expected a number or a name like sun"},
    {"the last field", "* * * * x", "day of the week: expected a number or a name like sun"},
    {"31 February", "0 0 31 2 *", NO_DAY},
    {"30 February", "0 0 30 feb *", NO_DAY},
    {"31 of short months", "0 0 31 2,4,6,9,11 *", NO_DAY},
    {"31 February on steps of a week", "0 0 31 2 */2", NO_DAY},
};

TEST(says_what_is_wrong)
{
	char fault[CRON_FAULT_SIZE] = "";
	struct cron cron = {.minutes = 12345};

	ck_assert_msg(!cron_parse(bad[_i].text, &cron, fault), "%s", bad[_i].name);
	ck_assert_msg(cron.minutes == 12345, "%s: touched", bad[_i].name);
	ck_row_str(bad[_i].name, fault, bad[_i].want);
}

TEST(length_is_bounded)
{
	char text[CRON_TEXT_MAX + 2], fault[CRON_FAULT_SIZE];
	struct cron cron;

	memset(text, ' ', sizeof(text));
	memcpy(text, "* * * * *", 9);
	text[CRON_TEXT_MAX] = '\0';
	ck_assert_msg(cron_parse(text, &cron, fault), "%s", fault);
	text[CRON_TEXT_MAX] = ' ';
	text[CRON_TEXT_MAX + 1] = '\0';
	ck_assert(!cron_parse(text, &cron, fault));
	ck_assert_str_eq(fault, "an expression must have at most 500 bytes");
}

static struct cron parsed(const char *text)
{
	char fault[CRON_FAULT_SIZE];
	struct cron cron;

	ck_assert_msg(cron_parse(text, &cron, fault), "%s: %s", text, fault);
	return cron;
}

static int64_t seconds(const char *text)
{
	struct tm tm = {0};
	const char *end = strptime(text, "%Y-%m-%d %H:%M:%S", &tm);

	if (end == NULL)
		end = strptime(text, "%Y-%m-%d %H:%M", &tm);
	ck_assert_msg(end != NULL && *end == '\0', "%s", text);
	return timegm(&tm);
}

/* `after` is UTC; `want` is what the clock of the zone shows at the next times, and how much later
 * than `after` each is, in minutes. */
static const struct {
	const char *name, *text, *zone, *after, *want;
} nexts[] = {
    {"strictly behind", "30 12 * * *", "UTC", "2026-01-01 12:30", "01-02 12:30 +1440"},
    {"a second before", "30 12 * * *", "UTC", "2026-01-01 12:29:59", "01-01 12:30 +0"},
    {"a second behind", "30 12 * * *", "UTC", "2026-01-01 12:30:01", "01-02 12:30 +1439"},
    {"each minute", "* * * * *", "UTC", "2026-01-01 23:58", "01-01 23:59 +1, 01-02 00:00 +2"},
    {"over a month's end", "*/20 */12 * * *", "UTC", "2026-04-30 12:20",
	"04-30 12:40 +20, 05-01 00:00 +700"},
    {"over New Year", "0 0 1 1 *", "UTC", "2026-12-31 23:59", "01-01 00:00 +1"},
    {"long months alone", "0 0 31 * *", "UTC", "2026-03-31 00:00",
	"05-31 00:00 +87840, 07-31 00:00 +175680, 08-31 00:00 +220320"},
    {"28 February", "0 0 28 2 *", "UTC", "2027-01-01 00:00", "02-28 00:00 +83520"},
    {"no leap day in 2027", "0 0 28-29 2 *", "UTC", "2027-02-28 00:00",
	"02-28 00:00 +525600, 02-29 00:00 +527040"},
    {"13th or Friday", "0 0 13 * 5", "UTC", "2026-02-11 00:00",
	"02-13 00:00 +2880, 02-20 00:00 +12960"},
    {"13th or Friday, March", "0 0 13 * 5", "UTC", "2026-04-10 00:00",
	"04-13 00:00 +4320, 04-17 00:00 +10080"},
    {"odd Mondays", "0 0 */2 * 1", "UTC", "2026-01-01 00:00",
	"01-05 00:00 +5760, 01-19 00:00 +25920"},
    {"13th, any weekday", "0 0 13 * *", "UTC", "2026-02-11 00:00",
	"02-13 00:00 +2880, 03-13 00:00 +43200"},
    {"an offset with quarters", "0 0 * * *", "Asia/Kathmandu", "2026-01-01 18:14",
	"01-02 00:00 +1, 01-03 00:00 +1441"},

    {"Berlin, gap", "30 2 * * *", "Europe/Berlin", "2026-03-28 00:30",
	"03-28 02:30 +60, 03-29 03:00 +1470, 03-30 02:30 +2880"},
    {"Berlin, gap once for all in it", "*/10 2 * * *", "Europe/Berlin", "2026-03-28 01:50",
	"03-29 03:00 +1390, 03-30 02:00 +2770, 03-30 02:10 +2780"},
    {"Berlin, gap and what follows at once", "0,30 2,3 * * *", "Europe/Berlin", "2026-03-29 00:59",
	"03-29 03:00 +1, 03-29 03:30 +31"},
    {"Berlin, gap, just before", "30 2 * * *", "Europe/Berlin", "2026-03-29 00:59:59",
	"03-29 03:00 +0"},
    {"Berlin, gap, just at its end", "30 2 * * *", "Europe/Berlin", "2026-03-29 01:00",
	"03-30 02:30 +1410"},
    {"Berlin, fold", "30 2 * * *", "Europe/Berlin", "2026-10-24 00:30",
	"10-25 02:30 +1440, 10-26 02:30 +2940"},
    {"Berlin, fold, between the two", "30 2 * * *", "Europe/Berlin", "2026-10-25 01:10",
	"10-26 02:30 +1460"},
    {"Berlin, fold, many minutes", "*/20 2-3 * * *", "Europe/Berlin", "2026-10-25 00:20",
	"10-25 02:40 +20, 10-25 03:00 +100"},
    {"Berlin, each minute of some hours", "* 1-3 * * *", "Europe/Berlin", "2026-10-25 00:58",
	"10-25 02:59 +1, 10-25 03:00 +62"},
    {"Berlin, hourly, gap", "0 * * * *", "Europe/Berlin", "2026-03-29 00:00",
	"03-29 03:00 +60, 03-29 04:00 +120"},
    {"Berlin, hourly, fold", "30 * * * *", "Europe/Berlin", "2026-10-24 23:30",
	"10-25 02:30 +60, 10-25 02:30 +120, 10-25 03:30 +180"},
    {"Berlin, quarters, fold", "*/15 * * * *", "Europe/Berlin", "2026-10-25 00:30",
	"10-25 02:45 +15, 10-25 02:00 +30, 10-25 02:15 +45"},
    {"Berlin, all 24 hours by numbers", "30 0-23 * * *", "Europe/Berlin", "2026-10-24 23:30",
	"10-25 02:30 +60, 10-25 02:30 +120"},
    {"Berlin, each second hour", "0 */2 * * *", "Europe/Berlin", "2026-03-28 23:00",
	"03-29 03:00 +120, 03-29 04:00 +180"},
    {"Berlin, each second hour, fold", "0 */2 * * *", "Europe/Berlin", "2026-10-24 22:00",
	"10-25 02:00 +120, 10-25 04:00 +300"},

    {"Berlin, every hour of a day, from winter to summer", "5 * 1 7 *", "Europe/Berlin",
	"2026-01-15 00:00", "07-01 00:05 +240365, 07-01 01:05 +240425"},
    {"Berlin, every hour of a day, from summer to winter", "5 * 1 1 *", "Europe/Berlin",
	"2026-07-15 00:00", "01-01 00:05 +244745, 01-01 01:05 +244805"},

    {"New York, gap", "15 2 * * *", "America/New_York", "2026-03-08 06:00",
	"03-08 03:00 +60, 03-09 02:15 +1455"},
    {"New York, fold", "15 1 * * *", "America/New_York", "2026-11-01 05:00",
	"11-01 01:15 +15, 11-02 01:15 +1515"},
    {"New York, hourly, gap", "45 * * * *", "America/New_York", "2026-03-08 06:45",
	"03-08 03:45 +60"},
    {"New York, hourly, fold", "@hourly", "America/New_York", "2026-11-01 05:00",
	"11-01 01:00 +60, 11-01 02:00 +120"},

    {"Lord Howe, gap", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03 15:00",
	"10-04 02:30 +30, 10-05 02:15 +1455"},
    {"Lord Howe, behind the gap", "45 2 * * *", "Australia/Lord_Howe", "2026-10-03 15:00",
	"10-04 02:45 +45"},
    {"Lord Howe, fold", "45 1 * * *", "Australia/Lord_Howe", "2026-04-04 14:00",
	"04-05 01:45 +45, 04-06 01:45 +1515"},
    {"Lord Howe, quarters, gap", "*/15 * * * *", "Australia/Lord_Howe", "2026-10-03 15:15",
	"10-04 02:30 +15, 10-04 02:45 +30"},
    {"Lord Howe, quarters, fold", "*/15 * * * *", "Australia/Lord_Howe", "2026-04-04 14:45",
	"04-05 01:30 +15, 04-05 01:45 +30, 04-05 02:00 +45"},
    {"Lord Howe, half past, fold", "30 * * * *", "Australia/Lord_Howe", "2026-04-04 14:30",
	"04-05 01:30 +30, 04-05 02:30 +90"},

    {"Casablanca, fold in winter", "30 2 * * *", "Africa/Casablanca", "2026-02-14 02:00",
	"02-15 02:30 +1410, 02-16 02:30 +2910"},
    {"Casablanca, gap at the end", "30 2 * * *", "Africa/Casablanca", "2026-03-21 03:00",
	"03-22 03:00 +1380, 03-23 02:30 +2790"},
    {"Cairo, no midnight", "0 0 * * *", "Africa/Cairo", "2026-04-23 12:00",
	"04-24 01:00 +600, 04-25 00:00 +1980"},
    {"Cairo, midnight is reached twice", "0 0 * * *", "Africa/Cairo", "2026-10-29 12:00",
	"10-30 00:00 +600, 10-31 00:00 +2040"},
    {"Cairo, 23:30 twice", "30 23 * * *", "Africa/Cairo", "2026-10-29 12:00",
	"10-29 23:30 +510, 10-30 23:30 +2010"},

    {"Apia, the missing day", "0 12 * * *", "Pacific/Apia", "2011-12-29 00:00",
	"12-29 12:00 +1320, 12-31 00:00 +2040, 12-31 12:00 +2760"},
    {"Apia, the missing day alone", "0 12 30 12 *", "Pacific/Apia", "2011-12-29 00:00",
	"12-31 00:00 +2040, 12-30 12:00 +528360"},
    {"Apia, two days become one", "0 0 30,31 12 *", "Pacific/Apia", "2011-12-29 00:00",
	"12-31 00:00 +2040, 12-30 00:00 +527640"},
    {"Apia, every hour of the missing day", "0 * 30 12 *", "Pacific/Apia", "2011-12-29 00:00",
	"12-30 00:00 +527640"},
    {"Apia, every hour goes on", "@hourly", "Pacific/Apia", "2011-12-30 09:00",
	"12-31 00:00 +60, 12-31 01:00 +120"},

    {"before 1970", "0 0 * * *", "UTC", "1950-01-01 00:00", "01-01 00:00 +10519200"},
    {"local time before 1970", "0 20 * * *", "America/New_York", "1960-01-01 00:00",
	"12-31 20:00 +5260380"},
};

TEST(finds_the_next_times)
{
	struct cron cron = parsed(nexts[_i].text);
	struct zone *zone = zone_open(nexts[_i].zone);
	int64_t start = seconds(nexts[_i].after);
	usec_t after = start * USEC_PER_SEC;
	char got[200], *at = got;

	ck_assert_ptr_nonnull(zone);
	for (const char *s = nexts[_i].want; s != NULL; s = strchr(s + 1, ',')) {
		after = cron_next(&cron, zone, after);
		ck_assert_msg(after >= 0 && after % USEC_PER_SEC == 0, "%s", nexts[_i].name);
		struct tm tm;
		gmtime_r(&(time_t){zone_local(zone, after / USEC_PER_SEC)}, &tm);
		ck_assert_msg(tm.tm_sec == 0, "%s", nexts[_i].name);
		at += strftime(at, 32, at == got ? "%m-%d %H:%M" : ", %m-%d %H:%M", &tm);
		at += sprintf(at, " +%lld", (long long)(after / USEC_PER_SEC - start) / 60);
	}
	ck_row_str(nexts[_i].name, got, nexts[_i].want);
	zone_close(zone);
}

static const struct {
	const char *name, *text, *zone, *after, *want; /* UTC; NULL: never */
} far[] = {
    {"no leap day in 2100", "0 0 29 2 *", "UTC", "2096-02-29 00:00", "2104-02-29 00:00:00"},
    {"one in 2000", "0 0 29 2 *", "UTC", "1996-02-29 00:00", "2000-02-29 00:00:00"},
    {"a leap day on a Sunday", "0 0 29 2 */7", "UTC", "2032-02-29 00:00", "2060-02-29 00:00:00"},
    {"the longest wait", "0 0 29 2 */7", "UTC", "2088-02-29 00:00", "2128-02-29 00:00:00"},
    {"the longest wait, every hour", "5 * 29 2 */7", "Australia/Sydney", "2088-02-29 13:00",
	"2128-02-28 13:05:00"},
    {"in summer time", "0 0 29 2 *", "Australia/Sydney", "2096-03-01 00:00", "2104-02-28 13:00:00"},
    {"the last minute of all", "* * * * *", "UTC", "9999-12-31 23:58", "9999-12-31 23:59:00"},
    {"nothing behind it", "* * * * *", "UTC", "9999-12-31 23:59", NULL},
    {"nothing in the last hours", "0 12 * * *", "UTC", "9999-12-31 12:00", NULL},
    {"nothing in the last years", "0 0 29 2 *", "UTC", "9996-02-29 00:00", NULL},
    {"nothing in the west", "59 23 31 12 *", "America/New_York", "9999-12-31 00:00", NULL},
};

TEST(finds_what_is_far)
{
	struct cron cron = parsed(far[_i].text);
	struct zone *zone = zone_open(far[_i].zone);
	usec_t next = cron_next(&cron, zone, seconds(far[_i].after) * USEC_PER_SEC);
	usec_t want = far[_i].want == NULL ? -1 : seconds(far[_i].want) * USEC_PER_SEC;
	char text[CLOCK_TEXT_SIZE];

	clock_format(next, text);
	ck_assert_msg(next == want, "%s: %s", far[_i].name, text);
	zone_close(zone);
}

TEST(the_end_of_time_is_no_time)
{
	struct cron cron = parsed("* * * * *");
	struct zone *zone = zone_open("UTC");

	ck_assert_int_eq(cron_next(&cron, zone, CLOCK_WALL_MAX), -1);
	ck_assert_int_eq(cron_next(&cron, zone, INT64_MAX), -1);
	ck_assert_int_eq(cron_next(&cron, zone, INT64_MIN), 0);
	ck_assert_int_eq(cron_next(&cron, zone, -1), 0);
	ck_assert_int_eq(cron_next(&cron, zone, 0), 60 * USEC_PER_SEC);
	ck_assert_int_eq(cron_next(&cron, zone, 60 * USEC_PER_SEC - 1), 60 * USEC_PER_SEC);
	zone_close(zone);
}

SUITE(cron)
{
	ADD_ROWS(names_minutes, good);
	ADD_ROWS(says_what_is_wrong, bad);
	ADD(length_is_bounded);
	ADD_ROWS(finds_the_next_times, nexts);
	ADD_ROWS(finds_what_is_far, far);
	ADD(the_end_of_time_is_no_time);
}
