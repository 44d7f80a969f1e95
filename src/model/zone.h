/* IANA time zones: what clocks on walls show at an instant. Instants are seconds since
 * 1970-01-01T00:00:00Z; local times are written the same way, as the seconds that the local date
 * and time would be in UTC, so that gmtime_r takes them apart.
 *
 * Local time is not monotonic. Between two changes of a zone it runs with the instants; at a change
 * it leaps forward (a gap: these local times never are) or back (a fold: these are twice). The data
 * is the system's (package tzdata), read when a zone is opened and kept while it is; UTC needs
 * none.
 *
 * Thread: any; a zone never changes once it is open, and may be shared. zone_open reads a short
 * file, which takes half a millisecond when no other has the zone open. */
#pragma once

#include <stdint.h>

enum { ZONE_NAME_MAX = 64 }; /* bytes; the longest of today has 32 */

struct zone;

/* Open the zone with exactly this `name` in the database, or return NULL. Paths, POSIX rules, the
 * local time zone and zones with leap seconds are not supported. Close it with zone_close. Zones
 * with the same name share their data. */
struct zone *zone_open(const char *name);

/* Close a zone that zone_open or zone_ref returned; NULL is accepted. */
void zone_close(struct zone *zone);

/* Add a reference for another owner, who closes the zone too. */
struct zone *zone_ref(struct zone *zone);

/* Return the name it was opened by, borrowed from the zone. */
const char *zone_name(const struct zone *zone);

/* Return the local time at `instant`. */
int64_t zone_local(const struct zone *zone, int64_t instant);

/* Return the first change of the zone behind `instant` and not behind `until` (from which on other
 * rules hold, mostly another offset); -1 when there is none, or `until` is not later. */
int64_t zone_change(const struct zone *zone, int64_t instant, int64_t until);

/* Return the first instant at which the local time is `local` or later: the one at which it is just
 * that; of two, the first; in a gap, the end of the gap. Never falls as `local` rises. */
int64_t zone_instant(const struct zone *zone, int64_t local);
