/* The counters of requests.
 *
 * By route and class: the class 5xx of all routes is there from the start, so that the first
 * failure is an increase. Other classes, and the series by route, method and exact code, come with
 * the first answer of their kind, since most of them would be 0 forever. Durations are kept by
 * group of routes, which is the first segment of the path. */
#include "http/request_metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/request.h"
#include "base/alloc.h"
#include "base/metrics.h"

static const int codes[] = {200, 201, 202, 204, 206, 304, 400, 401, 403, 404, 405, 406, 408, 409,
    412, 413, 414, 415, 416, 421, 422, 429, 431, 500, 501, 503, 505, 507};

enum { N_CODES = sizeof(codes) / sizeof(codes[0]) };

static const char *const classes[] = {"other", "1xx", "2xx", "3xx", "4xx", "5xx"};

enum { N_CLASSES = sizeof(classes) / sizeof(classes[0]), CLASS_FAILED = 5 };

static const char *const groups[] = {"jobs", "schedules", "other"};

enum { N_GROUPS = sizeof(groups) / sizeof(groups[0]) };

struct route_metrics {
	const char *pattern, *method;
	struct metric_cell *codes[N_CODES + 1]; /* NULL: did not occur; the last is of others */
	struct metric_cell *classes[N_CLASSES]; /* the same */
	struct metric_cell *duration;
};

struct request_metrics {
	const struct route *routes; /* borrowed */
	size_t n_routes;
	struct route_metrics by_route[]; /* one each, and one for unknown routes at the end */
};

static const char *group_of(const char *pattern)
{
	for (size_t i = 0; i < N_GROUPS; i++) {
		size_t len = strlen(groups[i]);
		if (*pattern == '/' && strncmp(pattern + 1, groups[i], len) == 0 &&
		    (pattern[1 + len] == '/' || pattern[1 + len] == '\0'))
			return groups[i];
	}
	return groups[N_GROUPS - 1];
}

static struct metric_cell *class_cell(struct route_metrics *m, int class)
{
	if (m->classes[class] == NULL)
		m->classes[class] = metrics_cell(METRIC_HTTP_RESPONSES, m->pattern, classes[class]);
	return m->classes[class];
}

struct request_metrics *request_metrics_new(const struct route *routes, size_t n_routes)
{
	struct request_metrics *all =
	    xcalloc(1, sizeof(*all) + (n_routes + 1) * sizeof(all->by_route[0]));

	all->routes = routes;
	all->n_routes = n_routes;
	for (size_t i = 0; i <= n_routes; i++) {
		struct route_metrics *m = &all->by_route[i];
		m->pattern = i < n_routes ? routes[i].pattern : "other";
		m->method = i < n_routes ? routes[i].method : "other";
		class_cell(m, CLASS_FAILED);
		m->duration = metrics_cell(METRIC_HTTP_DURATION, group_of(m->pattern));
	}
	return all;
}

void request_metrics_free(struct request_metrics *m)
{
	free(m); /* the cells belong to the registry */
}

static struct route_metrics *find(struct request_metrics *all, const struct route *route)
{
	return &all->by_route[route != NULL ? (size_t)(route - all->routes) : all->n_routes];
}

void request_metrics_count(struct request_metrics *all, const struct route *route, int status)
{
	struct route_metrics *m = find(all, route);
	int class = status >= 100 && status < 600 ? status / 100 : 0, c = 0;
	char text[16];

	while (c < N_CODES && codes[c] != status)
		c++;
	if (m->codes[c] == NULL) {
		snprintf(text, sizeof(text), "%d", status);
		m->codes[c] = metrics_cell(
		    METRIC_HTTP_REQUESTS, m->pattern, m->method, c < N_CODES ? text : "other");
	}
	metric_add(m->codes[c], 1);
	metric_add(class_cell(m, class), 1);
}

void request_metrics_observe(struct request_metrics *all, const struct route *route, usec_t taken)
{
	metric_observe(find(all, route)->duration, (double)taken / USEC_PER_SEC);
}
