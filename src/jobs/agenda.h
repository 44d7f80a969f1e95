/* The times at which something becomes due for a job: that it may begin, or that it must have
 * ended. A heap and one alarm, so that a hundred thousand jobs that wait cost no timer each.
 * Thread: loop.
 */
#pragma once

#include "jobs/due_heap.h"
#include "loop/alarm.h"

struct run;

/* Embedded in its owner. */
struct agenda {
	struct due_heap heap;
	struct alarm alarm;
	struct defer more;
	void (*on_due)(struct run *run);
};

/* `on_due` is called once for each time set, and never inside agenda_set; it may set and cancel
 * those of any run. ERR_SYSTEM: the system refuses a timer. */
enum err agenda_init(struct agenda *agenda, struct loop *loop, void (*on_due)(struct run *run))
    MUST_CHECK;
void agenda_done(struct agenda *agenda); /* with nothing in it; fine after a failed agenda_init */

/* Have the run be due at wall time `due` (0: never), in place of the time set before. */
void agenda_set(struct agenda *agenda, struct run *run, usec_t due);

usec_t agenda_now(const struct agenda *agenda); /* the wall clock that it goes by */
