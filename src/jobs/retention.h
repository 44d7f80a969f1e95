/* Retention: removes ended jobs that are too old, or as long as the database is too big, the oldest
 * first and a few at a time. Live jobs stay. Inside jobs. Thread: loop. */
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

/* This many bytes of results were stored. Look at the size in time. */
void retention_grew(struct retention *r, uint64_t n_bytes);

void retention_stop(struct retention *r); /* begin nothing more */
