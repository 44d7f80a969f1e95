/* Suspects: what may have crashed the daemon, which are the items of suspect chunks and suspect
 * callbacks (store/store_life.h). They stand in one line, across all jobs, and begin in groups. The
 * first group is one item, and each is twice as large as the previous one. A group begins after the
 * store has committed a note of each item, and when the previous group has ended or has been under
 * way for some time, since most crashes come at once. What alone was noted at a crash was its
 * cause. If several were noted, they are in doubt and begin before others the next time: one after
 * the other if they are few, else a few beside each other, so that one more crash leaves few in
 * doubt. Other work goes on beside. Thread: loop. */
#pragma once

#include <sys/queue.h>

#include "base/clock.h"
#include "store/store.h"

struct loop;
struct suspects;

/* A suspect, embedded in its owner, who fills the upper part.
 *
 *   idle --ask--> waiting --> writing --note committed--> noted --begin--> begun --leave--> idle
 *                    +-----------+--------------------------+-----leave-----------------> idle */
struct suspect {
	int64_t job_no; /* 0: a callback */
	uint32_t chunk;
	int64_t index;
	void (*on_noted)(void *arg); /* it may begin from now on; may begin and leave within */
	void *arg;
	/* of this module */
	enum { SUSPECT_IDLE, SUSPECT_WAITING, SUSPECT_WRITING, SUSPECT_NOTED, SUSPECT_BEGUN } place;
	bool is_doubted; /* it was noted, with others, at a crash */
	TAILQ_ENTRY(suspect) link;
};

/* After this time under way, a suspect lets the next one begin beside it: a silent server must not
 * hold up all others. */
#define SUSPECTS_PATIENCE (2 * USEC_PER_MSEC)

/* Log and count what the store found to be the cause of the last crash. Borrows loop and store. */
struct suspects *suspects_new(struct loop *loop, struct store *store, usec_t patience);
void suspects_free(struct suspects *suspects); /* after store_stop, when all are idle */

/* Unclean ends in a row before this start. If there is any, the store must be told of everything
 * that begins (STORE_WATCH) before it does. */
uint32_t suspects_n_unclean(const struct suspects *suspects);

/* Return whether the store may have been told of what began, and must forget it at its end. */
bool suspects_is_careful(const struct suspects *suspects);

/* Join the line, if idle. */
void suspects_ask(struct suspects *suspects, struct suspect *suspect);

/* It begins now; it is noted. */
void suspects_begin(struct suspects *suspects, struct suspect *suspect);

/* Become idle: it has ended, or is not wanted any more. */
void suspects_leave(struct suspects *suspects, struct suspect *suspect);
