/* An alarm on the wall clock, for dates given by users. It follows the clock when that is set.
 * Thread: loop. */
#pragma once

#include "loop/loop.h"

/* Embedded in its owner. */
struct alarm {
	struct watch watch;
	int fd; /* owned */
	loop_fn *on_time;
	void *arg;
};

/* ERR_SYSTEM: the system refuses a timer. */
enum err alarm_init(struct alarm *a, struct loop *loop, loop_fn *on_time, void *arg) MUST_CHECK;
void alarm_done(struct alarm *a); /* fine after a failed alarm_init */

/* Call once at wall time `due`, or at once if that has passed. Restarts an active alarm. If the
 * clock is set the call comes early: the owner checks alarm_now and starts the alarm again. The
 * callback may end the alarm. */
void alarm_start(struct alarm *a, usec_t due);
void alarm_cancel(struct alarm *a); /* the callback will not be called any more */

/* The time that it goes by. */
usec_t alarm_now(const struct alarm *a);
