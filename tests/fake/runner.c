/* Runs a loop until a test has what it waits for. */
#include "runner.h"

#include <check.h>

#define MOST (30 * USEC_PER_SEC)

struct runner {
	struct loop *loop;
	struct defer turn;
	runner_fn *is_done;
	void *arg;
	usec_t until;
	bool is_late;
};

static void on_turn(void *arg)
{
	struct runner *r = arg;

	r->is_late = clock_mono() > r->until;
	if (r->is_late || r->is_done(r->arg))
		loop_stop(r->loop, 0);
	else
		defer_start(&r->turn);
}

void run_until(struct loop *loop, runner_fn *is_done, void *arg, const char *what)
{
	struct runner r = {
	    .loop = loop, .is_done = is_done, .arg = arg, .until = clock_mono() + MOST};

	defer_init(&r.turn, loop, on_turn, &r);
	defer_start(&r.turn);
	loop_run(loop);
	defer_cancel(&r.turn);
	ck_assert_msg(!r.is_late, "waited too long for: %s", what);
}

static bool count_down(void *arg)
{
	return --*(int *)arg < 0;
}

void run_turns(struct loop *loop, int n_turns)
{
	run_until(loop, count_down, &n_turns, "turns of the loop");
}
