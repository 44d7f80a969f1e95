/* What asks name servers, as the settings want it. Thread: loop, at start. */
#pragma once

#include "daemon/conf.h"

struct checker;
struct loop;
struct name_server;

/* Make the checker with the servers of the settings or else of resolv.conf. NULL: it can't be,
 * which was logged. */
struct checker *resolving_start(const struct conf *conf, struct loop *loop);

/* Take up what a reload can change. */
void resolving_change(struct checker *checker, const struct conf *conf);

/* The nth name server of the checker `arg`, for the API; false when there are fewer. */
bool resolving_name_server(size_t nth, struct name_server *ret_server, void *arg);
