/* The worker of the outbox between a fake store and a fake poster, with a clock that the test
 * moves.
 */
#pragma once

#include "../../fake/alarm.h"
#include "../../fake/poster.h"
#include "../../fake/runner.h"
#include "../../fake/store.h"
#include "callbacks/callbacks.h"
#include "jobs/suspects.h"

#define SECOND USEC_PER_SEC
#define HOUR   (3600 * USEC_PER_SEC)
#define DAY    (24 * HOUR)

struct worker {
	struct loop *loop;
	struct store *store;
	struct fake_outbox *outbox;
	struct poster *poster;
	struct suspects *suspects;
	struct callbacks *callbacks;
};

/* In place of the one that is there: as after unclean ends. */
void worker_crash(struct worker *w);

/* With a back-off of 5 seconds and a life of a day; not started. */
void worker_begin(struct worker *w);
void worker_make(struct worker *w); /* the worker alone, on what else is there */
void worker_end(struct worker *w);

usec_t callbacks_now(void);
void worker_settle(struct worker *w);            /* let it do what it can do now */
void worker_pass(struct worker *w, usec_t time); /* let time go by */

size_t worker_n_left(const struct worker *w); /* rows in the outbox */

/* End the i-th post. */
void worker_fail(struct worker *w, size_t i, enum reason reason);
void worker_answer(struct worker *w, size_t i, uint32_t status, usec_t retry_after);
