/* Time zones: names, gaps and folds, and all zones held against libc's. */
#include "../unit.h"

#include <ftw.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "model/zone.h"

static const struct {
	const char *name, *zone;
} unknown[] = {
    {"nothing", ""},
    {"no such zone", "Mars/Phobos"},
    {"case matters", "europe/berlin"},
    {"an abbreviation", "CEST"},
    {"out of the folder", "../x"},
    {"out of the folder and back", "../zoneinfo/Europe/Berlin"},
    {"up in the middle", "Europe/../Europe/Berlin"},
    {"here", "./UTC"},
    {"a path", "/etc/localtime"},
    {"a path to a zone", "/usr/share/zoneinfo/Europe/Berlin"},
    {"a folder", "Europe"},
    {"a folder with its slash", "Europe/"},
    {"the machine's zone", "localtime"},
    {"the rules of TZ", "posixrules"},
    {"another tree", "posix/Europe/Berlin"},
    {"leap seconds", "right/Europe/Berlin"},
    {"a table", "tzdata.zi"},
    {"another table", "zone.tab"},
    {"a table without a dot", "leapseconds"},
    {"an offset", "+01:00"},
    {"an offset with letters", "UTC+1"},
    {"military", "Z"},
    {"rules", "CET-1CEST,M3.5.0,M10.5.0/3"},
    {"rules without an end", "ABC-3"},
    {"a colon", ":Europe/Berlin"},
    {"a blank", "Europe/Berlin "},
    {"not ASCII", "Europe/Berl\xc3\xadn"},
    {"a line", "UTC\n"},
    {"too long", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
};

TEST(knows_names_of_the_database_alone)
{
	unit_capture_begin();
	struct zone *zone = zone_open(unknown[_i].zone);
	char *text = unit_capture_end();

	ck_assert_msg(zone == NULL, "%s", unknown[_i].name);
	ck_row_str(unknown[_i].name, text, "");
	free(text);
}

static const char *const known[] = {"UTC", "Etc/UTC", "GMT", "Etc/GMT-14", "GMT+0", "EST5EDT",
    "Europe/Berlin", "America/Argentina/ComodRivadavia", "America/Port-au-Prince"};

TEST(opens_by_name)
{
	struct zone *zone = zone_open(known[_i]), *other = zone_ref(zone);

	zone_close(zone);
	ck_row_str(known[_i], zone_name(other), known[_i]);
	zone_close(other);
	zone_close(NULL);
}

TEST(utc_needs_no_data)
{
	ck_assert_int_eq(setenv("TZDIR", "/nonexistent", 1), 0);
	struct zone *zone = zone_open("UTC");

	ck_assert_ptr_nonnull(zone);
	ck_assert_int_eq(zone_local(zone, 1234567890), 1234567890);
	ck_assert_int_eq(zone_change(zone, 0, INT64_C(1) << 40), -1);
	zone_close(zone);
	ck_assert_ptr_null(zone_open("Europe/Berlin"));
	unsetenv("TZDIR");
}

static int64_t seconds(const char *text)
{
	struct tm tm = {0};
	const char *end = strptime(text, "%Y-%m-%d %H:%M:%S", &tm);

	ck_assert_msg(end != NULL && *end == '\0', "%s", text);
	return timegm(&tm);
}

/* A change of a zone: its instant, and what the clock shows from there on. */
static const struct {
	const char *name, *zone, *instant, *local;
	int leap; /* seconds; less than 0: back */
} changes[] = {
    {"spring", "Europe/Berlin", "2026-03-29 01:00:00", "2026-03-29 03:00:00", 3600},
    {"autumn", "Europe/Berlin", "2026-10-25 01:00:00", "2026-10-25 02:00:00", -3600},
    {"spring, west", "America/New_York", "2026-03-08 07:00:00", "2026-03-08 03:00:00", 3600},
    {"autumn, west", "America/New_York", "2026-11-01 06:00:00", "2026-11-01 01:00:00", -3600},
    {"half an hour", "Australia/Lord_Howe", "2026-10-03 15:30:00", "2026-10-04 02:30:00", 1800},
    {"half an hour back", "Australia/Lord_Howe", "2026-04-04 15:00:00", "2026-04-05 01:30:00",
	-1800},
    {"two hours", "Antarctica/Troll", "2026-03-29 01:00:00", "2026-03-29 03:00:00", 7200},
    {"midnight is missing", "Africa/Cairo", "2026-04-23 22:00:00", "2026-04-24 01:00:00", 3600},
    {"midnight comes twice", "Africa/Cairo", "2026-10-29 21:00:00", "2026-10-29 23:00:00", -3600},
    {"the month of fasting", "Africa/Casablanca", "2026-02-15 02:00:00", "2026-02-15 02:00:00",
	-3600},
    {"a day is missing", "Pacific/Apia", "2011-12-30 10:00:00", "2011-12-31 00:00:00", 86400},
    {"far away", "America/New_York", "2104-03-09 07:00:00", "2104-03-09 03:00:00", 3600},
};

TEST(changes_leap)
{
	struct zone *zone = zone_open(changes[_i].zone);
	int64_t instant = seconds(changes[_i].instant), local = seconds(changes[_i].local);
	const char *name = changes[_i].name;
	int leap = changes[_i].leap;

	ck_assert_ptr_nonnull(zone);
	ck_assert_msg(zone_change(zone, instant - 86400, instant + 86400) == instant, "%s", name);
	ck_assert_msg(zone_change(zone, instant - 1, instant) == instant, "%s: at its end", name);
	ck_assert_msg(zone_change(zone, instant - 86400, instant - 1) == -1, "%s: before", name);
	ck_assert_msg(zone_change(zone, instant, instant + 86400) == -1, "%s: behind", name);
	ck_assert_msg(zone_change(zone, instant - 1, instant - 1) == -1, "%s: no time", name);
	ck_assert_msg(zone_change(zone, instant - 1, instant - 9) == -1, "%s: less", name);
	ck_assert_msg(zone_local(zone, instant) == local, "%s: local", name);
	ck_assert_msg(zone_local(zone, instant - 1) == local - leap - 1, "%s: leap", name);
	zone_close(zone);
}

TEST(a_local_time_has_its_instant)
{
	struct zone *zone = zone_open(changes[_i].zone);
	int64_t instant = seconds(changes[_i].instant), local = seconds(changes[_i].local);
	int leap = changes[_i].leap;

	for (int64_t d = -2 * 86400; d <= 2 * 86400; d += 600) {
		/* what the clock would show had nothing changed, and what it shows since */
		int64_t got = zone_instant(zone, local - leap + d);
		int64_t want = d < 0 ? instant + d : d < leap ? instant : instant + d - leap;
		if (leap < 0 && d >= 0)
			want = instant + d - leap;
		ck_assert_msg(got == want, "%s: %+lld: got %+lld, want %+lld", changes[_i].name,
		    (long long)d, (long long)(got - instant), (long long)(want - instant));
	}
	zone_close(zone);
}

static unsigned long n_zones;

static uint64_t chance(void)
{
	static uint64_t state = 20260329;

	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return state >> 33;
}

static int on_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	const char *name = path + strlen("/usr/share/zoneinfo/");

	(void)st;
	(void)ftw;
	struct zone *zone = type == FTW_F ? zone_open(name) : NULL;
	if (zone == NULL)
		return 0;
	n_zones++;
	setenv("TZ", name, 1);
	tzset();
	for (int i = 0; i < 50; i++) {
		time_t instant = (time_t)(chance() % (68 * UINT64_C(31556952)));
		struct tm tm;
		localtime_r(&instant, &tm);
		int64_t local = zone_local(zone, instant);
		ck_assert_msg(local == timegm(&tm), "%s at %lld", name, (long long)instant);
	}
	zone_close(zone);
	return 0;
}

/* From 1970 to 2037. Later on GLib has the zones whose winter is the exception (Europe/Dublin) the
 * wrong way round. */
TEST(all_zones_are_as_libc_has_them)
{
	ck_assert_int_eq(nftw("/usr/share/zoneinfo", on_file, 16, FTW_PHYS), 0);
	unsetenv("TZ");
	tzset();
	ck_assert_msg(n_zones > 300, "%lu zones: is tzdata there?", n_zones);
}

SUITE(zone)
{
	ADD_ROWS(knows_names_of_the_database_alone, unknown);
	ADD_ROWS(opens_by_name, known);
	ADD(utc_needs_no_data);
	ADD_ROWS(changes_leap, changes);
	ADD_ROWS(a_local_time_has_its_instant, changes);
	ADD(all_zones_are_as_libc_has_them);
}
