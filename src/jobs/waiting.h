/* Live jobs that wait for a place among the active ones. The one with the highest priority is next,
 * where each half minute of waiting counts as one step of priority; among equals it is the one that
 * has waited longest. Time is an argument. Thread: loop. */
#pragma once

#include <sys/queue.h>

#include "base/clock.h"
#include "model/spec.h"

struct live_job;

TAILQ_HEAD(live_list, live_job);

#define WAITING_STEP (30 * USEC_PER_SEC)

struct waiting {
	struct live_list lists[SPEC_MAX_PRIORITY + 1]; /* by priority, the oldest first */
};

void waiting_init(struct waiting *waiting);

/* `now`: monotonic, as in all calls. */
void waiting_add(struct waiting *waiting, struct live_job *live, usec_t now);
void waiting_remove(struct waiting *waiting, struct live_job *live);

/* Return the next one, which stays where it is; NULL when none waits. */
struct live_job *waiting_next(const struct waiting *waiting, usec_t now);
