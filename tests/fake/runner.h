/* Runs a loop until a test has what it waits for. Each function ends the test when that takes too
 * long. Thread: loop. */
#pragma once

#include <stdbool.h>

#include "loop/loop.h"

typedef bool runner_fn(void *arg);

/* Run the loop until `is_done` says so; it is asked in each turn. `what` is named when it takes
 * longer than half a minute. */
void run_until(struct loop *loop, runner_fn *is_done, void *arg, const char *what);

/* Run as many turns of the loop: enough to see that nothing more happens without time going by. */
void run_turns(struct loop *loop, int n_turns);

/* Run the loop for so long, to see that nothing happens meanwhile. */
void run_for(struct loop *loop, usec_t time);
