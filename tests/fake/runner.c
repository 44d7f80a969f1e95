/* Runs a loop until a test has what it waits for. */
#include "runner.h"

#include <check.h>
#include <event2/event.h>

#include "leap.h"

#define MOST (30 * USEC_PER_SEC)
#define STEP USEC_PER_MSEC

/* In a program without it time goes by itself. */
#pragma weak leap_by

struct runner {
	struct loop *loop;
	struct defer turn;
	runner_fn *is_done;
	void *arg;
	usec_t until;
	bool is_late, has_time;
};

/* Say whether nothing but time can bring something new in this turn. */
static bool is_idle(const struct runner *r)
{
	return event_base_get_num_events(loop_event_base(r->loop), EVENT_BASE_COUNT_ACTIVE) == 0;
}

static void on_turn(void *arg)
{
	struct runner *r = arg;

	r->is_late = clock_mono() > r->until;
	if (r->is_late || r->is_done(r->arg)) {
		loop_stop(r->loop, 0);
		return;
	}
	if (r->has_time && leap_by != NULL && is_idle(r))
		leap_by(STEP);
	defer_start(&r->turn);
}

static void run(struct runner *r, const char *what)
{
	r->until = clock_mono() + MOST;
	defer_init(&r->turn, r->loop, on_turn, r);
	defer_start(&r->turn);
	loop_run(r->loop);
	defer_cancel(&r->turn);
	ck_assert_msg(!r->is_late, "waited too long for: %s", what);
}

void run_until(struct loop *loop, runner_fn *is_done, void *arg, const char *what)
{
	struct runner r = {.loop = loop, .is_done = is_done, .arg = arg, .has_time = true};

	run(&r, what);
}

static bool count_down(void *arg)
{
	return --*(int *)arg < 0;
}

void run_turns(struct loop *loop, int n_turns)
{
	struct runner r = {.loop = loop, .is_done = count_down, .arg = &n_turns};

	run(&r, "turns of the loop");
}

static bool is_past(void *arg)
{
	return clock_mono() >= *(usec_t *)arg;
}

void run_for(struct loop *loop, usec_t time)
{
	usec_t until = clock_mono() + time;

	run_until(loop, is_past, &until, "some time");
}
