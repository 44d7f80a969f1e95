/* Cron expressions: whatever is accepted fires, at the second 0 of a minute that it names or where
 * a zone leaps, and always later than before. The first byte chooses the zone, the next four the
 * time from which it is looked for. */
#include "fuzz.h"

#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "model/cron.h"

static const char *const names[] = {
    "UTC", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca"};

/* Say whether the clock shows what the expression names. */
static bool fits(const struct cron *cron, const struct zone *zone, int64_t instant)
{
	struct tm tm;

	gmtime_r(&(time_t){zone_local(zone, instant)}, &tm);
	bool day = (cron->days >> tm.tm_mday & 1) != 0;
	bool weekday = (cron->weekdays >> tm.tm_wday & 1) != 0;

	return tm.tm_sec == 0 && (cron->minutes >> tm.tm_min & 1) != 0 &&
	       (cron->hours >> tm.tm_hour & 1) != 0 && (cron->months >> (tm.tm_mon + 1) & 1) != 0 &&
	       (cron->has_either_day ? day || weekday : day && weekday);
}

static void check(const struct cron *cron, const struct zone *zone, usec_t after)
{
	for (int i = 0; i < 5; i++) {
		usec_t next = cron_next(cron, zone, after);
		int64_t instant = next / USEC_PER_SEC;
		FUZZ_CHECK(next > after && next % USEC_PER_SEC == 0);
		FUZZ_CHECK(fits(cron, zone, instant) ||
			   zone_change(zone, instant - 1, instant) == instant);
		/* the same from anywhere on the way */
		FUZZ_CHECK(cron_next(cron, zone, next - 1) == next);
		FUZZ_CHECK(cron_next(cron, zone, after + (next - after) / 2) == next);
		after = next;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct zone *zones[sizeof(names) / sizeof(names[0])];
	char fault[CRON_FAULT_SIZE] = "";
	struct cron cron;
	uint32_t seconds;

	if (size < 1 + sizeof(seconds))
		return 0;
	size_t which = data[0] % (sizeof(names) / sizeof(names[0]));
	memcpy(&seconds, data + 1, sizeof(seconds));
	AUTO_FREE char *text = xstrndup((const char *)data + 5, size - 5);
	if (zones[which] == NULL) /* open as long as the process lives */
		zones[which] = zone_open(names[which]);
	FUZZ_CHECK(zones[which] != NULL);
	if (cron_parse(text, &cron, fault)) {
		FUZZ_CHECK(fault[0] == '\0' && strlen(text) <= CRON_TEXT_MAX);
		check(&cron, zones[which], seconds * USEC_PER_SEC);
	} else {
		FUZZ_CHECK(fault[0] != '\0' && strlen(fault) < CRON_FAULT_SIZE);
	}
	return 0;
}
