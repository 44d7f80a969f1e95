/* When a schedule is due. A recurrence says when that is in general, a rhythm where one schedule
 * stands in it. No clock is read here: whoever has the schedules passes both clocks' times, and
 * keeps, for each schedule that isn't paused, its rhythm:
 *
 *   made, resumed, timing changed   recurrence_start
 *   due: rhythm.due <= its clock    make the run (or skip it, as `overlap` says), recurrence_serve;
 *                                   the run and recurrence_stored's number are one transaction
 *   the daemon starts               recurrence_restart with that number
 *   the wall clock went back        recurrence_follow, for those due by the wall clock
 *
 * Intervals are due by the monotonic clock, cron by the wall clock; recurrence_clock picks the one
 * of the two that a schedule's `due` is a time of. So there are two heaps, one a clock, each
 * ordered by `due`, which no step of a clock puts out of order. Time to sleep: to the earlier of
 * the two tops, and at most a second while the heap of the wall clock has members, because that
 * clock may step. Whoever wakes compares the wall clock with what it was at the last wake-up; when
 * it is earlier now, the clock went back.
 *
 * What a step of the wall clock does. Interval: nothing; only what is shown moves with the clock.
 * Cron, forward: what was passed is due at once, one run for all of it. Cron, back: what was served
 * isn't served again, so the schedule rests until the clock is where it was, but no longer than
 * RECURRENCE_MAX_BACK, or RECURRENCE_MAX_BACK_HOURLY where it fires in every hour: after a greater
 * step it starts anew. A sleeping machine is a step forward for cron, and no time at all for
 * intervals.
 *
 * Late service. An interval keeps its grid: due times that were passed meanwhile are gone with the
 * one that is served, the next one is where it always would have been.
 *
 * Wall times are since 1970, monotonic ones may be negative: a grid may be older than the machine's
 * start. Thread: any (one at a time). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/id.h"
#include "model/cron.h"
#include "model/zone.h"

#define RECURRENCE_MAX_EVERY       (366 * 86400 * USEC_PER_SEC)
#define RECURRENCE_MAX_BACK        (25 * 3600 * USEC_PER_SEC)
#define RECURRENCE_MAX_BACK_HOURLY (3 * 60 * USEC_PER_SEC)
#define RECURRENCE_NEVER           INT64_MAX /* later than everything */

/* Both clocks, read at one moment. */
struct clocks {
	usec_t mono, wall;
};

struct recurrence {
	usec_t every; /* up to RECURRENCE_MAX_EVERY; 0: cron and zone are in force */
	struct cron cron;
	struct zone *zone; /* not closed here: belongs to the owner of the recurrence */
	usec_t offset;     /* each due time is later by this: recurrence_offset */
};

struct rhythm {
	usec_t served_until; /* all due times up to this one were served or skipped */
	usec_t due;          /* the next one; RECURRENCE_NEVER: there is none */
};

/* What becomes of due times that passed while the daemon was down: nothing, or one run for all. */
enum catch_up { CATCH_UP_SKIP, CATCH_UP_ONE };

/* The jitter of a schedule that gives none: a tenth of the interval, at most a minute; of cron 0.
 */
usec_t recurrence_default_jitter(usec_t every);

/* Return the offset of a schedule: 0 up to but not `jitter`, always the same for an id. */
usec_t recurrence_offset(const struct id *id, usec_t jitter);

/* Return the time of the clock by which it is due. */
usec_t recurrence_clock(const struct recurrence *r, const struct clocks *now);

/* Begin: an interval is due when it has passed for the first time, cron at its next fire, both
 * later by the offset. */
void recurrence_start(const struct recurrence *r, const struct clocks *now, struct rhythm *ret);

/* Note that what is due has been served, and find the next due time, later than now. */
void recurrence_serve(const struct recurrence *r, const struct clocks *now, struct rhythm *rhythm);

/* Return the number to store with the schedule for the next start, a wall time. It changes with
 * recurrence_start, recurrence_serve, and recurrence_follow when that returns true. */
usec_t recurrence_stored(
    const struct recurrence *r, const struct clocks *now, const struct rhythm *rhythm);

/* Continue after a restart of the daemon. With CATCH_UP_ONE, a missed due time makes it due now;
 * with CATCH_UP_SKIP missed due times are skipped. An interval keeps its grid. */
void recurrence_restart(const struct recurrence *r, const struct clocks *now, usec_t stored,
    enum catch_up catch_up, struct rhythm *ret);

/* Judge a rhythm of cron after the wall clock went back. True when `due` is another one now, which
 * then has to be put elsewhere in its heap. Intervals never change. */
bool recurrence_follow(const struct recurrence *r, const struct clocks *now, struct rhythm *rhythm);

/* Write the wall times of the next due times, up to `n`, the first of them rhythm.due. Returns how
 * many there are. */
size_t recurrence_list(const struct recurrence *r, const struct clocks *now,
    const struct rhythm *rhythm, usec_t *ret_times, size_t n);
