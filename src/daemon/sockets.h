/* Listening sockets that the service manager has opened for us. Thread: loop, at start. */
#pragma once

#include "http/server.h"

/* Put those that were passed (sd_listen_fds(3)) into `opts`, with their names; false when there are
 * more than the server takes, which is logged. */
bool sockets_take(struct server_opts *opts) MUST_CHECK;
