/* How long ended jobs are kept: until they are too old, or the database too big. Looks for such
 * jobs now and then and has the store forget them, the oldest first and a few at a time; jobs that
 * have not ended stay. Inside jobs. Thread: loop. */
#pragma once

#include "loop/loop.h"
#include "store/store.h"

struct retention;

struct retention_opts {
	struct loop *loop; /* borrowed, and so is the next */
	struct store *store;
	usec_t (*wall)(void); /* the clock that jobs end by */
	/* Called for each job when its end is committed; may not free the retention. */
	void (*on_retired)(const struct retired_job *job, void *arg);
	void *arg;
};

struct retention *retention_new(const struct retention_opts *opts);
/* With no operation of the store open. NULL is fine. */
void retention_free(struct retention *r);

/* Forget jobs once they have ended for `age` (0: never for that), and whenever the database holds
 * more than `max_size` bytes (0: any number) as many as bring it below nine tenths. Looks soon. */
void retention_set(struct retention *r, usec_t age, uint64_t max_size);

/* Say that so many bytes of results came into the store, so that it is looked at in time. */
void retention_grew(struct retention *r, uint64_t n_bytes);

void retention_stop(struct retention *r); /* begin nothing any more */
