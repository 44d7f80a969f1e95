/* From the head of a request to its route, or to a refusal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/server_private.h"
#include "base/alloc.h"

enum { MAX_PARAMS = 2 };

struct segment {
	const char *text;
	size_t len;
};

/* Does the path match? `{...}` matches one segment, whose place is returned. */
static bool match(
    const char *pattern, const char *path, struct segment ret_params[static MAX_PARAMS])
{
	size_t n = 0;

	while (*pattern != '\0' && *path != '\0') {
		if (*pattern == '{') {
			struct segment *param = &ret_params[n++];
			param->text = path;
			param->len = strcspn(path, "/");
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

/* Find the route; without one, `allow` gets the methods that the path has. */
static void find_route(struct request *rq, const char *path, struct buf *allow)
{
	struct segment params[MAX_PARAMS] = {{"", 0}, {"", 0}};

	for (size_t i = 0; i < rq->server->opts.n_routes && rq->route == NULL; i++) {
		const struct route *route = &rq->server->opts.routes[i];
		if (!match(route->pattern, path, params))
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
		request_refuse(rq, 404, "There is no such resource.");
	}
}

/* A parameter that the route doesn't know is a mistake that should not pass in silence. */
static void check_query_name(const char *name, const char *value, void *arg)
{
	struct request *rq = arg;
	char wanted[64];

	(void)value;
	if (rq->response != NULL)
		return;
	int len = snprintf(wanted, sizeof(wanted), " %s ", name);
	if (len >= (int)sizeof(wanted) || strchr(name, ' ') != NULL ||
	    strstr(rq->route->query, wanted) == NULL)
		request_refuse_query(rq, name, "There is no such query parameter.");
}

struct header_count {
	int host, length, encoding, authorization;
};

static enum MHD_Result count_header(
    void *arg, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct header_count *n = arg;

	(void)kind, (void)value;
	n->host += strcasecmp(key, "Host") == 0;
	n->length += strcasecmp(key, "Content-Length") == 0;
	n->authorization += strcasecmp(key, "Authorization") == 0;
	n->encoding += strcasecmp(key, "Transfer-Encoding") == 0;
	return MHD_YES;
}

/* What RFC 9112 sections 3.2 and 6.3 want refused, and bodies that say that they are too long. */
static void check_head(struct request *rq)
{
	struct header_count n = {0, 0, 0, 0};
	const char *length = request_header(rq, "Content-Length");

	MHD_get_connection_values(rq->connection, MHD_HEADER_KIND, count_header, &n);
	if (n.length > 0 && n.encoding > 0)
		request_refuse(rq, 400, "Content-Length and Transfer-Encoding don't go together.");
	else if (n.host > 1 || n.length > 1 || n.authorization > 1)
		request_refuse(rq, 400, "A header that may be there once is there twice.");
	else if (length != NULL && strtoull(length, NULL, 10) > rq->server->opts.max_body)
		request_refuse(rq, 413, "The body may have at most %llu bytes.",
		    (unsigned long long)rq->server->opts.max_body);
}

void server_route_request(struct request *rq, const char *path)
{
	struct buf allow;

	check_head(rq);
	if (rq->response != NULL)
		return;
	buf_init(&allow, 256);
	find_route(rq, path, &allow);
	server_check_access(rq);
	if (rq->response == NULL && rq->route == NULL)
		refuse_route(rq, &allow);
	buf_done(&allow);
	if (rq->response == NULL && rq->route->query != NULL)
		request_each_query(rq, check_query_name, rq);
}
