/* See callbacks_bench.h. */
#include "callbacks_bench.h"

#include "../unit.h"
#include "base/log.h"
#include "base/metrics.h"

usec_t callbacks_now(void)
{
	return alarm_now(NULL);
}

void worker_make(struct worker *w)
{
	const struct callbacks_opts opts = {.loop = w->loop,
	    .store = w->store,
	    .suspects = w->suspects,
	    .poster = w->poster,
	    .back_off = 5 * SECOND,
	    .lifetime = DAY};

	w->callbacks = callbacks_new(&opts);
	ck_assert_ptr_nonnull(w->callbacks);
}

void worker_begin(struct worker *w)
{
	log_setup(LOG_LEVEL_ERROR, LOG_TEXT);
	fake_alarm_stop_clock(1795348800 * SECOND);
	w->loop = loop_new();
	w->store = fake_store_new(w->loop);
	w->outbox = fake_store_outbox(w->store);
	w->poster = fake_poster_new();
	w->suspects = suspects_new(w->loop, w->store, HOUR);
	worker_make(w);
}

void worker_end(struct worker *w)
{
	callbacks_drain(w->callbacks);
	fake_store_crash(w->store);
	callbacks_free(w->callbacks);
	poster_free(w->poster);
	suspects_free(w->suspects);
	store_free(w->store);
	loop_free(w->loop);
	metrics_done();
}

void worker_crash(struct worker *w)
{
	callbacks_drain(w->callbacks);
	fake_store_crash(w->store);
	callbacks_free(w->callbacks);
	suspects_free(w->suspects);
	fake_store_end_unclean(w->store);
	w->suspects = suspects_new(w->loop, w->store, HOUR);
	worker_make(w);
	callbacks_start(w->callbacks);
}

void worker_settle(struct worker *w)
{
	run_turns(w->loop, 20);
}

void worker_pass(struct worker *w, usec_t time)
{
	fake_alarm_move(time, false);
	worker_settle(w);
}

size_t worker_n_left(const struct worker *w)
{
	return fake_outbox_n_left(w->outbox);
}

void worker_fail(struct worker *w, size_t i, enum reason reason)
{
	const struct post_outcome o = {.reason = reason};

	fake_poster_end(w->poster, i, &o);
	worker_settle(w);
}

void worker_answer(struct worker *w, size_t i, uint32_t status, usec_t retry_after)
{
	const struct post_outcome o = {.status = status, .retry_after = retry_after};

	fake_poster_end(w->poster, i, &o);
	worker_settle(w);
}
