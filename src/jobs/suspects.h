/* What may have killed the daemon: the items of suspect chunks, and suspect callbacks
 * (store/store_life.h). They are begun one after the other, across all jobs, each after the store
 * has committed a note of it; the next one begins when the one before has ended, or takes its time,
 * for most crashes come at once. What alone was noted at a crash was its cause. In doubt between
 * several, each is begun alone the next time. What isn't suspect goes on beside. Thread: loop. */
#pragma once

#include <sys/queue.h>

#include "base/clock.h"
#include "store/store.h"

struct loop;
struct suspects;

/* One that wants to be worked on. Embedded in its owner, who fills the upper part.
 *
 *   idle --ask--> waiting --note committed--> noted --begin--> begun --leave--> idle
 *                    +--------------------------+-----leave--------------------> idle */
struct suspect {
	int64_t job_no; /* 0: a callback */
	uint32_t chunk;
	int64_t index;
	void (*on_noted)(void *arg); /* it may begin from now on; may begin and leave within */
	void *arg;
	/* of this module */
	enum { SUSPECT_IDLE, SUSPECT_WAITING, SUSPECT_NOTED, SUSPECT_BEGUN } place;
	bool is_alone; /* it is in doubt */
	TAILQ_ENTRY(suspect) link;
};

/* One that has been worked on for so long lets the next one begin beside it: a silent server is no
 * reason for all others to wait. */
#define SUSPECTS_PATIENCE (2 * USEC_PER_MSEC)

/* Log and count what the store took for the cause of the last crash. Loop and store are borrowed.
 */
struct suspects *suspects_new(struct loop *loop, struct store *store, usec_t patience);
void suspects_free(struct suspects *suspects); /* after store_stop, when all are idle */

/* Unclean ends in a row before this start. While there is any, what begins is to be told to the
 * store (STORE_WATCH), and committed before. */
uint32_t suspects_n_unclean(const struct suspects *suspects);

/* Say whether the store may know what begins, or began, and is to forget it in the end. */
bool suspects_is_careful(const struct suspects *suspects);

/* Stand in line, when idle. */
void suspects_ask(struct suspects *suspects, struct suspect *suspect);

/* It begins now; it is noted. */
void suspects_begin(struct suspects *suspects, struct suspect *suspect);

/* Be idle: the end, or it is not wanted any more. */
void suspects_leave(struct suspects *suspects, struct suspect *suspect);
