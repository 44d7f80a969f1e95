/* From the head of a request to its route, or to a refusal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/server_private.h"
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

/* Has the path a route of its own? Then it is no parameter of another one. */
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
		request_refuse(rq, 404, "There is no such resource.");
	}
}

/* A parameter that the route doesn't know, or that is there again, where only the first would
 * count, is a mistake that should not pass in silence. */
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
		request_refuse_query(rq, name, "There is no such query parameter.");
	else if (first != NULL && first != value) /* the same text at another place */
		request_refuse_query(rq, name, "This may be there once.");
}

struct head {
	int n_hosts, n_lengths, n_encodings, n_authorizations;
	const char *fault; /* NULL: none */
};

static bool is_name(const char *text, size_t len)
{
	static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				   "0123456789!#$%&'*+-.^_`|~";

	return len > 0 && strspn(text, good) >= len;
}

static bool is_value(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		if ((c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static enum MHD_Result on_header(void *arg, enum MHD_ValueKind kind, const char *name,
    size_t name_len, const char *value, size_t value_len)
{
	struct head *head = arg;

	(void)kind;
	head->n_hosts += strcasecmp(name, "Host") == 0;
	head->n_lengths += strcasecmp(name, "Content-Length") == 0;
	head->n_authorizations += strcasecmp(name, "Authorization") == 0;
	if (strcasecmp(name, "Transfer-Encoding") == 0) {
		head->n_encodings++;
		if (value == NULL || strcasecmp(value, "chunked") != 0)
			head->fault = "The only Transfer-Encoding is chunked.";
	}
	if (!is_name(name, name_len))
		head->fault = "The name of a header can't be one.";
	else if (!is_value(value, value != NULL ? value_len : 0))
		head->fault = "A header has control characters.";
	return MHD_YES;
}

/* What RFC 9110 section 5.5 and RFC 9112 sections 3.2, 5.1 and 6.3 want refused, because others on
 * the way may have understood it otherwise; and bodies that say that they are too long. */
static void check_head(struct request *rq)
{
	struct head head = {.fault = NULL};
	const char *length = request_header(rq, "Content-Length");

	MHD_get_connection_values_n(rq->connection, MHD_HEADER_KIND, on_header, &head);
	if (head.n_lengths > 0 && head.n_encodings > 0)
		head.fault = "Content-Length and Transfer-Encoding don't go together.";
	else if (head.n_hosts > 1 || head.n_lengths > 1 || head.n_encodings > 1 ||
		 head.n_authorizations > 1)
		head.fault = "A header that may be there once is there twice.";
	if (head.fault != NULL) {
		/* where this request ends is not sure: nothing may follow */
		request_add_header(rq, "Connection", "close");
		request_refuse(rq, 400, "%s", head.fault);
	} else if (length != NULL && strtoull(length, NULL, 10) > rq->server->opts.max_body) {
		request_refuse(rq, 413, "The body may have at most %llu bytes.",
		    (unsigned long long)rq->server->opts.max_body);
	}
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
		request_each_query(rq, check_query, rq);
}
