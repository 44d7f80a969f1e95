/* Cron expressions: which minutes of local time they name, and when that is next.
 *
 * Five fields: minute 0-59, hour 0-23, day of the month 1-31, month 1-12 or jan-dec, day of the
 * week 0-7 or sun-sat (0 and 7 are Sunday). A field is a list of elements with commas between them;
 * an element is `*`, a number, or a range `1-5`, and each may have a step: `*` + `/15`, `10-50/20`,
 * and `5/10`, which goes from 5 to the end. Or a name: @hourly, @daily, @midnight, @weekly,
 * @monthly, @yearly, @annually. Letters are of either case.
 *
 * Days: when both fields of days are restricted, a day that fits either is meant; a field with a
 * `*` in it, be it with a step, is not restricted, and then a day has to fit both (crontab(5)).
 *
 * Changes of a zone: an expression for all 24 hours follows real minutes. It fires whenever the
 * clock shows a minute that it names: twice when the clock shows it twice, and not in a gap. Any
 * other fires once for each local time: at its first occurrence, and when it lies in a gap at the
 * end of the gap, together with all others that lie there.
 *
 * Thread: any; a cron is a value. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "model/zone.h"

enum {
	CRON_TEXT_MAX = 500,   /* bytes of an expression */
	CRON_FAULT_SIZE = 160, /* a fault with its NUL */
};

/* Bit n is set if the field matches the value n. */
struct cron {
	uint64_t minutes;
	uint32_t hours, days, months, weekdays; /* weekday 0 is Sunday */
	bool has_either_day;                    /* fitting `days` or `weekdays` is enough */
};

/* Parse an expression. False if it is invalid or can never fire; then `ret_fault` has the reason,
 * starting with the name of the field. */
bool cron_parse(const char *text, struct cron *ret_cron, char ret_fault[static CRON_FAULT_SIZE]);

/* Say whether it fires in every hour of the day, and so goes on where clocks are changed. */
bool cron_is_every_hour(const struct cron *cron);

/* Return the first wall time strictly behind `after` at which it fires in `zone`; -1 when that is
 * behind CLOCK_WALL_MAX. Times before 1970 count as 1970. It takes microseconds. */
usec_t cron_next(const struct cron *cron, const struct zone *zone, usec_t after);
