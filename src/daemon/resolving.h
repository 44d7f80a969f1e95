/* What asks name servers, as the settings want it. Thread: loop, at start. */
#pragma once

#include "daemon/conf.h"

struct engine;
struct loop;

/* Make the engine with the servers of the settings or else of resolv.conf. NULL: it can't be, which
 * was logged. */
struct engine *resolving_start(const struct conf *conf, struct loop *loop);
