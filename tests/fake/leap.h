/* Clocks that leap: in a program that is linked with this file, all time of the process, libevent's
 * too, is the system's and what was added here. tests/fake/runner.c lets a millisecond pass in each
 * turn of the loop in which nothing else is to be done, so that a test waits for no real time.
 * Thread: loop. */
#pragma once

#include "base/clock.h"

void leap_by(usec_t by);
