/* The limits in force, as GET /limits tells them. Thread: loop. */
#pragma once

#include "daemon/conf.h"
#include "http/server.h"

/* Return them as new text: JSON that ends in a line feed. */
char *limits_format(const struct conf *conf);

/* Return the greatest JSON body, in bytes: a body that is JSON is a body. */
uint64_t limits_max_json(const struct conf *conf);

/* Fill the limits of the server that a reload can change. */
void limits_read(const struct conf *conf, struct server_opts *opts);
