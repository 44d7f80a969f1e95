/* Alarms (loop/alarm.h) by a wall clock that the test sets. They are called only when it does.
 * Linked in place of the real ones. Thread: loop. */
#pragma once

#include "loop/alarm.h"

/* Move the clock; alarms that are due, and all that run when it `is_step`, are called in the loop's
 * next turn. */
void fake_alarm_move(usec_t by, bool is_step);

/* Set the clock, and let it go by fake_alarm_move alone from then on. */
void fake_alarm_stop_clock(usec_t at);

/* How often an alarm was set. */
size_t fake_alarm_n_starts(void);
