/* The current limits as JSON for GET /limits. Thread: loop. */
#pragma once

#include "api/api.h"
#include "core/core.h"
#include "daemon/conf.h"
#include "http/server.h"

/* Return them as new text: JSON that ends in a line feed. */
char *limits_format(const struct conf *conf);

/* Fill the limits that a reload can change, and nothing else. */
void limits_read_server(const struct conf *conf, struct server_opts *opts);
void limits_read_api(const struct conf *conf, struct api *api);
void limits_read_core(const struct conf *conf, struct core_opts *opts);
