/* What asks name servers, as the settings want it. Thread: loop, at start. */
#pragma once

#include "daemon/conf.h"

struct checker;
struct loop;

/* Make the checker with the servers of the settings or else of resolv.conf. NULL: it can't be,
 * which was logged. */
struct checker *resolving_start(const struct conf *conf, struct loop *loop);
