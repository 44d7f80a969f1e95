/* A pool of threads for work that would hold up the loop: decoding big bodies, sorting, files. A
 * task runs in one of the pool's threads and then completes in the loop's. Thread: loop, except
 * where said. */
#pragma once

#include <stddef.h>

#include "loop/mailbox.h"

struct offload;

/* A task, embedded in what it works on, which only the task may touch between submit and done. */
struct offload_task {
	STAILQ_ENTRY(offload_task) link;
	struct mail mail;
	void (*work)(
	    struct offload_task *task); /* pool thread; may block, may not touch loop objects */
	void (*done)(struct offload_task
		*task); /* loop; exactly once, never before offload_submit returned */
};

/* Start `n_threads`; NULL when the system refuses. */
struct offload *offload_new(struct mailbox *mailbox, int n_threads);

/* Work off what was submitted and end the threads; what is submitted from now on runs in the
 * caller's thread. */
void offload_stop(struct offload *offload);

/* Stop and free. Completions come with the mailbox's next delivery. */
void offload_free(struct offload *offload);

void offload_submit(struct offload *offload, struct offload_task *task);
