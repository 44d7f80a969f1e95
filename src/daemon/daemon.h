/* The daemon as a whole: its parts, started in order and stopped in mirror order. Thread: loop. */
#pragma once

#include "daemon/conf.h"

/* Run until a signal ends it; returns the exit status. SIGHUP reads the settings from `origin` anew
 * and changes `conf`, which is borrowed like it. SIGTERM and SIGINT drain: no new jobs, items
 * in flight finish within the drain time-out; a second signal ends it at once. */
int daemon_run(struct conf *conf, const struct conf_origin *origin);
