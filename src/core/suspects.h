/* What may have killed the daemon is worked on alone: of the items of suspect chunks and the
 * suspect callbacks (struct store_life in store/store.h) one at a time is begun, in turns, after
 * the store has committed a note of it. So whatever is noted at a crash is the only one of them
 * that can have been its cause. What isn't suspect goes on beside. Thread: loop. */
#pragma once

#include <sys/queue.h>

#include "store/store.h"

struct loop;
struct suspects;

/* One that wants to be worked on. Embedded in its owner, who fills the upper part.
 *
 *   idle --ask--> waiting --note committed--> noted --leave--> idle
 *                    +-----------leave-----------------------> idle */
struct suspect {
	int64_t job_no; /* 0: a callback */
	struct stored_note note;
	void (*on_noted)(void *arg); /* it may begin now, and must leave when it has ended; it may
				      * leave within the call */
	void *arg;
	enum { SUSPECT_IDLE, SUSPECT_WAITING, SUSPECT_NOTED } place;
	TAILQ_ENTRY(suspect) link; /* in the line while it waits */
};

/* Log and count what the store took for the cause of the last crash. Both are borrowed. */
struct suspects *suspects_new(struct loop *loop, struct store *store);
void suspects_free(struct suspects *suspects); /* after store_stop, when none is noted or waits */

/* Unclean ends in a row before this start. While there is any, what begins is to be told to the
 * store (STORE_WATCH), and committed before. */
uint32_t suspects_n_unclean(const struct suspects *suspects);

/* Say whether the store may know what begins, or began, and is to forget it in the end. */
bool suspects_is_careful(const struct suspects *suspects);

/* Stand in line, when idle. */
void suspects_ask(struct suspects *suspects, struct suspect *suspect);

/* Be idle: the end, or it is not wanted any more. */
void suspects_leave(struct suspects *suspects, struct suspect *suspect);
