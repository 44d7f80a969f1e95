/* Timers, deferred calls, watched descriptors and signals, lag. Each run of a loop ends by a
 * callback; `deadline` ends it with another status when none comes. */
#include "../unit.h"

#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/metrics.h"
#include "loop/loop.h"

#define DEADLINE (20 * USEC_PER_SEC)

enum { STOPPED = 7, TOO_LATE = 8 };

struct world {
	struct loop *loop;
	struct timer deadline, timer, other;
	struct defer defer;
	struct watch watch;
	int fds[2];
	int n_calls, n_wanted, n_others;
	char order[8];
};

static void on_deadline(void *arg)
{
	struct world *w = arg;

	loop_stop(w->loop, TOO_LATE);
}

static void open_world(struct world *w)
{
	*w = (struct world){.n_wanted = 1};
	w->loop = loop_new();
	ck_assert_ptr_nonnull(w->loop);
	ck_assert_ptr_nonnull(loop_event_base(w->loop));
	ck_assert_int_eq(pipe2(w->fds, O_CLOEXEC | O_NONBLOCK), 0);
	timer_init(&w->deadline, w->loop, on_deadline, w);
	timer_start(&w->deadline, DEADLINE);
}

static void close_world(struct world *w)
{
	timer_cancel(&w->deadline);
	close(w->fds[0]);
	close(w->fds[1]);
	loop_free(w->loop);
	metrics_done();
}

static void on_call(void *arg)
{
	struct world *w = arg;

	if (++w->n_calls == w->n_wanted)
		loop_stop(w->loop, STOPPED);
}

static void on_other(void *arg)
{
	struct world *w = arg;

	w->n_others++;
}

static void note(struct world *w, char c)
{
	size_t n = strlen(w->order);

	ck_assert_uint_lt(n, sizeof(w->order) - 1);
	w->order[n] = c;
}

TEST(frees_nothing)
{
	loop_free(NULL);
}

TEST(returns_the_status_it_was_stopped_with)
{
	struct world w;

	open_world(&w);
	timer_init(&w.timer, w.loop, on_call, &w);
	timer_start(&w.timer, 0);
	ck_assert_int_eq(loop_run(w.loop), STOPPED);
	close_world(&w);
}

TEST(timer_waits_at_least_its_delay)
{
	struct world w;

	open_world(&w);
	timer_init(&w.timer, w.loop, on_call, &w);
	ck_assert(!timer_is_set(&w.timer));
	usec_t start = clock_mono();
	timer_start(&w.timer, 15 * USEC_PER_MSEC);
	ck_assert(timer_is_set(&w.timer));
	ck_assert_int_eq(loop_run(w.loop), STOPPED);
	ck_assert_int_ge(clock_mono() - start, 14 * USEC_PER_MSEC);
	ck_assert(!timer_is_set(&w.timer));
	close_world(&w);
}

TEST(timers_fire_by_time_not_by_start)
{
	struct world w;

	open_world(&w);
	timer_init(&w.timer, w.loop, on_call, &w);
	timer_init(&w.other, w.loop, on_other, &w);
	timer_start(&w.timer, 20 * USEC_PER_MSEC);
	timer_start(&w.other, USEC_PER_MSEC);
	ck_assert_int_eq(loop_run(w.loop), STOPPED);
	ck_assert_int_eq(w.n_others, 1);
	close_world(&w);
}

TEST(timer_set_anew_fires_once)
{
	struct world w;

	open_world(&w);
	timer_init(&w.timer, w.loop, on_call, &w);
	timer_init(&w.other, w.loop, on_other, &w);
	timer_start(&w.other, DEADLINE);
	timer_start(&w.other, 0);
	timer_start(&w.timer, 10 * USEC_PER_MSEC);
	ck_assert_int_eq(loop_run(w.loop), STOPPED);
	ck_assert_int_eq(w.n_others, 1);
	ck_assert(!timer_is_set(&w.other));
	close_world(&w);
}

TEST(cancelled_timer_is_silent)
{
	struct world w;
	struct timer zeroed = {.arg = NULL};

	open_world(&w);
	timer_cancel(&zeroed);
	timer_init(&w.timer, w.loop, on_call, &w);
	timer_init(&w.other, w.loop, on_other, &w);
	timer_cancel(&w.other);
	timer_start(&w.other, 0);
	timer_start(&w.timer, 5 * USEC_PER_MSEC);
	timer_cancel(&w.other);
	ck_assert(!timer_is_set(&w.other));
	ck_assert_int_eq(loop_run(w.loop), STOPPED);
	ck_assert_int_eq(w.n_others, 0);
	close_world(&w);
}

static void on_cancel_other(void *arg)
{
	struct world *w = arg;

	timer_cancel(&w->other);
}

/* Both are due in the same turn: what was already made active is taken back. */
TEST(timer_cancels_one_that_is_due_too)
{
	struct world w;
	struct timer first;

	open_world(&w);
	timer_init(&first, w.loop, on_cancel_other, &w);
	timer_init(&w.other, w.loop, on_other, &w);
	timer_init(&w.timer, w.loop, on_call, &w);
	timer_start(&first, 0);
	timer_start(&w.other, 0);
	timer_start(&w.timer, 5 * USEC_PER_MSEC);
	usec_t start = clock_mono();
	while (clock_mono() <= start)
		continue;
	ck_assert_int_eq(loop_run(w.loop), STOPPED);
	ck_assert_int_eq(w.n_others, 0);
	close_world(&w);
}

struct owner {
	struct timer timer;
	struct world *world;
};

static void on_free_owner(void *arg)
{
	struct owner *owner = arg;
	struct world *w = owner->world;

	free(owner);
	on_call(w);
}

TEST(timer_may_free_its_owner)
{
	struct world w;
	struct owner *owner = calloc(1, sizeof(*owner));

	open_world(&w);
	ck_assert_ptr_nonnull(owner);
	owner->world = &w;
	timer_init(&owner->timer, w.loop, on_free_owner, owner);
	timer_start(&owner->timer, 0);
	ck_assert_int_eq(loop_run(w.loop), STOPPED);
	close_world(&w);
}

static void on_restart(void *arg)
{
	struct world *w = arg;

	on_call(w);
	timer_start(&w->timer, 0);
}

/* A timer of no length that sets itself anew doesn't keep others from their turn. */
TEST(restarted_timer_leaves_room_for_others)
{
	struct world w;

	open_world(&w);
	w.n_wanted = -1;
	timer_init(&w.timer, w.loop, on_restart, &w);
	timer_start(&w.timer, 0);
	timer_start(&w.deadline, 10 * USEC_PER_MSEC);
	ck_assert_int_eq(loop_run(w.loop), TOO_LATE);
	ck_assert_int_gt(w.n_calls, 1);
	close_world(&w);
}

TEST(defer_asked_for_twice_is_one_call)
{
	struct world w;

	open_world(&w);
	defer_init(&w.defer, w.loop, on_other, &w);
	defer_start(&w.defer);
	defer_start(&w.defer);
	ck_assert_int_eq(w.n_others, 0);
	timer_init(&w.timer, w.loop, on_call, &w);
	timer_start(&w.timer, 5 * USEC_PER_MSEC);
	ck_assert_int_eq(loop_run(w.loop), STOPPED);
	ck_assert_int_eq(w.n_others, 1);
	close_world(&w);
}

TEST(cancelled_defer_is_silent)
{
	struct world w;
	struct defer zeroed = {.arg = NULL};

	open_world(&w);
	defer_cancel(&zeroed);
	defer_init(&w.defer, w.loop, on_other, &w);
	defer_start(&w.defer);
	defer_cancel(&w.defer);
	timer_init(&w.timer, w.loop, on_call, &w);
	timer_start(&w.timer, 5 * USEC_PER_MSEC);
	ck_assert_int_eq(loop_run(w.loop), STOPPED);
	ck_assert_int_eq(w.n_others, 0);
	close_world(&w);
}

static void on_readable(void *arg)
{
	struct world *w = arg;

	note(w, 'r');
	watch_cancel(&w->watch);
}

static void on_again(void *arg)
{
	struct world *w = arg;

	note(w, 'd');
	if (w->n_others++ == 0)
		defer_start(&w->defer);
	else
		loop_stop(w->loop, STOPPED);
}

/* Work put off by work put off: the descriptors come in between. */
TEST(descriptors_are_served_between_deferred_calls)
{
	struct world w;

	open_world(&w);
	ck_assert_int_eq(watch_start_read(&w.watch, w.loop, w.fds[0], on_readable, &w), OK);
	ck_assert_int_eq(write(w.fds[1], "x", 1), 1);
	defer_init(&w.defer, w.loop, on_again, &w);
	defer_start(&w.defer);
	ck_assert_int_eq(loop_run(w.loop), STOPPED);
	ck_assert_msg(strchr(w.order, 'r') < strrchr(w.order, 'd'), "%s", w.order);
	close_world(&w);
}

TEST(watch_repeats_until_it_is_cancelled)
{
	struct world w;

	open_world(&w);
	w.n_wanted = 3; /* nothing is read: level-triggered */
	ck_assert_int_eq(watch_start_read(&w.watch, w.loop, w.fds[0], on_call, &w), OK);
	ck_assert_int_eq(write(w.fds[1], "x", 1), 1);
	ck_assert_int_eq(loop_run(w.loop), STOPPED);
	watch_cancel(&w.watch);
	timer_start(&w.deadline, 5 * USEC_PER_MSEC);
	ck_assert_int_eq(loop_run(w.loop), TOO_LATE);
	ck_assert_int_eq(w.n_calls, 3);
	close_world(&w);
}

TEST(cancels_a_zeroed_watch)
{
	struct watch zeroed = {.arg = NULL};

	watch_cancel(&zeroed);
}

TEST(refuses_to_watch_what_is_always_ready)
{
	struct world w;
	FILE *f = tmpfile();

	ck_assert_ptr_nonnull(f);
	open_world(&w);
	unit_capture_begin();
	enum err e = watch_start_read(&w.watch, w.loop, fileno(f), on_call, &w);
	char *log = unit_capture_end();
	ck_assert_int_eq(e, ERR_SYSTEM);
	ck_assert_msg(strstr(log, "event=libevent") != NULL, "%s", log);
	free(log);
	fclose(f);
	close_world(&w);
}

TEST(signals_arrive_in_the_loop)
{
	struct world w;

	open_world(&w);
	w.n_wanted = 2;
	ck_assert_int_eq(watch_start_signal(&w.watch, w.loop, SIGUSR1, on_call, &w), OK);
	ck_assert_int_eq(raise(SIGUSR1), 0);
	ck_assert_int_eq(w.n_calls, 0);
	timer_init(&w.timer, w.loop, on_other, &w);
	timer_start(&w.timer, 0);
	timer_start(&w.deadline, 20 * USEC_PER_MSEC);
	ck_assert_int_eq(loop_run(w.loop), TOO_LATE);
	ck_assert_int_eq(w.n_calls, 1);
	ck_assert_int_eq(raise(SIGUSR1), 0);
	timer_start(&w.deadline, DEADLINE);
	ck_assert_int_eq(loop_run(w.loop), STOPPED);
	watch_cancel(&w.watch);
	close_world(&w);
}

/* Times the lag was measured, from the exported histogram. */
static long count_lag(void)
{
	static const char name[] = "asyncprobed_loop_lag_seconds_count ";
	struct buf b;

	buf_init(&b, 1 << 20);
	metrics_write(&b, METRICS_TEXT);
	const char *line = strstr(b.data, name);
	long n = line != NULL ? strtol(line + strlen(name), NULL, 10) : -1;
	buf_done(&b);
	return n;
}

static void on_busy(void *arg)
{
	struct world *w = arg;
	usec_t start = clock_mono();

	while (clock_mono() - start < 60 * USEC_PER_MSEC)
		continue; /* holds up the loop, which is what is measured */
	(void)w;
}

TEST(lag_is_measured_often_while_busy)
{
	struct world w;

	open_world(&w);
	loop_watch_lag(w.loop, true);
	loop_watch_lag(w.loop, true);
	timer_init(&w.other, w.loop, on_busy, &w);
	timer_start(&w.other, 0);
	timer_init(&w.timer, w.loop, on_call, &w);
	timer_start(&w.timer, 200 * USEC_PER_MSEC);
	ck_assert_int_eq(loop_run(w.loop), STOPPED);
	ck_assert_int_ge(count_lag(), 2);
	ck_assert(metric_value(metrics_cell(METRIC_LOOP_LAG)) >= 0.03);
	loop_watch_lag(w.loop, false);
	close_world(&w);
}

static void count_beat(void *arg)
{
	(*(int *)arg)++;
}

TEST(beats_come_with_the_measuring_of_the_lag)
{
	struct world w;
	struct beat beat, other, none = {.on_beat = NULL};
	int n_beats = 0, n_others = 0;

	open_world(&w);
	loop_watch_lag(w.loop, true);
	beat_start(&beat, w.loop, count_beat, &n_beats);
	beat_start(&other, w.loop, count_beat, &n_others);
	timer_init(&w.timer, w.loop, on_call, &w);
	timer_start(&w.timer, 200 * USEC_PER_MSEC);
	ck_assert_int_eq(loop_run(w.loop), STOPPED);
	ck_assert_int_ge(n_beats, 2);
	ck_assert_uint_eq((unsigned)n_beats, count_lag());
	ck_assert_int_eq(n_others, n_beats);
	beat_cancel(&beat);
	beat_cancel(&other);
	beat_cancel(&none);
	close_world(&w);
}

SUITE(loop)
{
	ADD(frees_nothing);
	ADD(refuses_to_watch_what_is_always_ready);
	ADD(cancels_a_zeroed_watch);
	ADD(cancelled_timer_is_silent);
	ADD(cancelled_defer_is_silent);
	ADD(timer_cancels_one_that_is_due_too);
	ADD(returns_the_status_it_was_stopped_with);
	ADD(timer_waits_at_least_its_delay);
	ADD(timers_fire_by_time_not_by_start);
	ADD(timer_set_anew_fires_once);
	ADD(timer_may_free_its_owner);
	ADD(restarted_timer_leaves_room_for_others);
	ADD(defer_asked_for_twice_is_one_call);
	ADD(descriptors_are_served_between_deferred_calls);
	ADD(watch_repeats_until_it_is_cancelled);
	ADD(signals_arrive_in_the_loop);
	ADD(lag_is_measured_often_while_busy);
	ADD(beats_come_with_the_measuring_of_the_lag);
}
