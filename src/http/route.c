/* From the head of a request to its route, or to a refusal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/request_private.h"
#include "base/alloc.h"

enum { MAX_PARAMS = 2 };

struct segment {
	const char *text;
	size_t len;
};

/* Does the path match? `{...}` matches one segment, whose place is returned; `{name}`, at the
 * end, all that are left. */
static bool match(
    const char *pattern, const char *path, struct segment ret_params[static MAX_PARAMS])
{
	size_t n = 0;

	while (*pattern != '\0' && *path != '\0') {
		if (*pattern == '{') {
			struct segment *param = &ret_params[n++];
			param->text = path;
			bool is_rest = strcmp(pattern, "{name}") == 0;
			param->len = is_rest ? strlen(path) : strcspn(path, "/");
			if (param->len == 0)
				return false;
			path += param->len;
			pattern += strcspn(pattern, "/");
		} else if (*pattern++ != *path++) {
			return false;
		}
	}
	return *pattern == *path;
}

static bool serves_method(const struct route *route, const char *method)
{
	return strcmp(route->method, method) == 0 ||
	       (strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0);
}

/* Whether a literal route matches the path; then it is not a parameter of another route. */
static bool is_literal(const struct server *server, const char *path)
{
	for (size_t i = 0; i < server->opts.n_routes; i++) {
		if (strcmp(server->opts.routes[i].pattern, path) == 0)
			return true;
	}
	return false;
}

/* Find the route; without one, `allow` gets the methods that the path has. */
static void find_route(struct request *rq, const char *path, struct buf *allow)
{
	struct segment params[MAX_PARAMS] = {{"", 0}, {"", 0}};
	bool has_own = strchr(path, '{') == NULL && is_literal(rq->server, path);

	for (size_t i = 0; i < rq->server->opts.n_routes && rq->route == NULL; i++) {
		const struct route *route = &rq->server->opts.routes[i];
		if (has_own ? strcmp(route->pattern, path) != 0
			    : !match(route->pattern, path, params))
			continue;
		if (serves_method(route, rq->method)) {
			rq->route = route;
			rq->param = xstrndup(params[0].text, params[0].len);
			rq->name = xstrndup(params[1].text, params[1].len);
			continue;
		}
		bool is_get = strcmp(route->method, "GET") == 0;
		buf_addf(allow, "%s%s", allow->len > 0 ? ", " : "",
		    is_get ? "GET, HEAD" : route->method);
	}
}

static void refuse_route(struct request *rq, const struct buf *allow)
{
	if (allow->len > 0) {
		request_add_header(rq, "Allow", allow->data);
		request_refuse(rq, 405, "This resource does not support %s.", rq->method);
	} else {
		request_refuse(rq, 404, "No such resource.");
	}
}

/* Refuse unknown and duplicate parameters, so that typing errors are noticed. */
static void check_query(const char *name, const char *value, void *arg)
{
	struct request *rq = arg;
	const char *first = request_query(rq, name);
	char wanted[64];

	if (rq->response != NULL)
		return;
	int len = snprintf(wanted, sizeof(wanted), " %s ", name);
	if (len >= (int)sizeof(wanted) || strchr(name, ' ') != NULL ||
	    strstr(rq->route->query, wanted) == NULL)
		request_refuse_query(rq, name, "Unknown query parameter.");
	else if (first != NULL && first != value) /* the same text at another place */
		request_refuse_query(rq, name, "Duplicate query parameter.");
}

void server_route_request(struct request *rq, const char *path)
{
	struct buf allow;

	buf_init(&allow, 256);
	find_route(rq, path, &allow);
	server_check_access(rq);
	if (rq->response == NULL && rq->route == NULL)
		refuse_route(rq, &allow);
	buf_done(&allow);
	if (rq->response == NULL && rq->route->query != NULL)
		request_each_query(rq, check_query, rq);
}
