/* The daemon as a whole: its parts, started in order and stopped in mirror order. Thread: loop. */
#pragma once

#include <stdbool.h>

#include "daemon/conf.h"

/* Check what the table of settings can't: addresses, the database's URL. Says on stderr what is
 * wrong. */
bool daemon_check(const struct conf *conf);

/* Run until a signal ends it; returns the exit status. SIGTERM and SIGINT drain: no new jobs, items
 * in flight finish within the drain time-out; a second signal ends it at once. */
int daemon_run(const struct conf *conf);
