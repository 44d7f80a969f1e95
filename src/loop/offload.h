/* A thread pool for work that would block the loop: decoding large bodies, sorting, files. A task
 * runs in a thread of the pool and then completes in the loop. Thread: loop, except where stated.
 */
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

/* Finish all submitted tasks and end the threads. Tasks submitted later run in the caller's thread.
 */
void offload_stop(struct offload *offload);

/* Stop and free. Completions come with the mailbox's next delivery. */
void offload_free(struct offload *offload);

void offload_submit(struct offload *offload, struct offload_task *task);
