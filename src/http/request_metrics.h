/* The counters of requests. All label values are of fixed sets: patterns and methods of routes, the
 * status codes that the server may answer, their classes. Thread: loop. */
#pragma once

#include <stddef.h>

#include "base/clock.h"

struct request_metrics;
struct route;

/* Register those of `routes`, which must outlive it, and of requests without a route. */
struct request_metrics *request_metrics_new(const struct route *routes, size_t n_routes);
void request_metrics_free(struct request_metrics *m);

/* Count an answer. `route`: one of those, or NULL. */
void request_metrics_count(struct request_metrics *m, const struct route *route, int status);

/* Add how long an answer took. */
void request_metrics_observe(struct request_metrics *m, const struct route *route, usec_t taken);
