/* The times at which a job may begin, or must have ended. One heap and one alarm serve all jobs, so
 * a hundred thousand waiting jobs need no timer each. Thread: loop. */
#pragma once

#include "jobs/due_heap.h"
#include "loop/alarm.h"

struct live_job;

/* Embedded in its owner. */
struct agenda {
	struct due_heap heap;
	struct alarm alarm;
	struct defer more;
	void (*on_due)(struct live_job *live);
};

/* `on_due` is called once for each time set, and never inside agenda_set; it may set and cancel
 * those of any job. ERR_SYSTEM: the system refuses a timer. */
enum err agenda_init(
    struct agenda *agenda, struct loop *loop, void (*on_due)(struct live_job *live)) MUST_CHECK;
void agenda_done(struct agenda *agenda); /* with nothing in it; fine after a failed agenda_init */

/* Set the wall time at which the job is due (0: never), in place of the time set before. */
void agenda_set(struct agenda *agenda, struct live_job *live, usec_t due);

usec_t agenda_now(const struct agenda *agenda); /* the wall clock it uses */
