/* A job's limit of bytes a second, shared by all its transfers: each piece moves the time at which
 * the next one may be taken, and who comes before that time waits in line. */
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/alloc.h"
#include "fetch/fetch_parts.h"

/* What may be taken ahead of time, so that a late timer costs no rate. */
#define AHEAD (20 * USEC_PER_MSEC)

struct job_rate {
	UT_hash_handle hh;
	struct fetcher *fetcher; /* borrowed: its owner */
	struct id job;
	unsigned n_users; /* fetches */
	uint64_t per_second;
	usec_t free_at; /* monotonic: when all that was taken has been paid for */
	struct timer timer;
	TAILQ_HEAD(, fetch) waiting;
};

static void on_free(void *arg)
{
	struct job_rate *rate = arg;
	struct fetch *f;

	while (rate->free_at < clock_mono() + AHEAD && (f = TAILQ_FIRST(&rate->waiting)) != NULL) {
		TAILQ_REMOVE(&rate->waiting, f, in_line);
		f->is_in_line = false;
		transfer_resume(f->transfer); /* it may come back to the end of the line */
	}
	if (!TAILQ_EMPTY(&rate->waiting))
		timer_start(&rate->timer, rate->free_at - clock_mono());
}

void fetch_join_rate(struct fetch *f, uint64_t per_second)
{
	struct job_rate *rate;

	HASH_FIND(hh, f->fetcher->rates, &f->job, sizeof(f->job), rate);
	if (rate == NULL) {
		rate = xcalloc(1, sizeof(*rate));
		rate->fetcher = f->fetcher;
		rate->job = f->job;
		TAILQ_INIT(&rate->waiting);
		timer_init(&rate->timer, f->fetcher->opts.loop, on_free, rate);
		HASH_ADD(hh, f->fetcher->rates, job, sizeof(rate->job), rate);
	}
	rate->per_second = per_second;
	rate->n_users++;
	f->rate = rate;
}

void fetch_leave_line(struct fetch *f)
{
	if (f->is_in_line)
		TAILQ_REMOVE(&f->rate->waiting, f, in_line);
	f->is_in_line = false;
}

void fetch_leave_rate(struct fetch *f)
{
	struct job_rate *rate = f->rate;

	if (rate == NULL)
		return;
	fetch_leave_line(f);
	f->rate = NULL;
	if (--rate->n_users > 0)
		return;
	HASH_DEL(f->fetcher->rates, rate);
	timer_cancel(&rate->timer);
	free(rate);
}

bool fetch_rate_allows(struct fetch *f)
{
	struct job_rate *rate = f->rate;
	usec_t now = clock_mono();

	if (rate == NULL || rate->free_at < now + AHEAD)
		return true;
	if (!f->is_in_line)
		TAILQ_INSERT_TAIL(&rate->waiting, f, in_line);
	f->is_in_line = true;
	if (!timer_is_set(&rate->timer))
		timer_start(&rate->timer, rate->free_at - now);
	return false;
}

void fetch_rate_took(struct fetch *f, size_t n_bytes)
{
	struct job_rate *rate = f->rate;
	usec_t now = clock_mono();

	if (rate == NULL)
		return;
	if (rate->free_at < now)
		rate->free_at = now;
	rate->free_at += (usec_t)((double)n_bytes * USEC_PER_SEC / (double)rate->per_second);
}
