/* One request's life.
 *
 *   head read --> (body) --> waiting --> answered --> completed
 *                               |
 *                               +-----> streaming --> completed
 *
 * While the handler works or a stream has nothing to send the connection is suspended, so that
 * libmicrohttpd leaves it alone. A request is freed when libmicrohttpd is through with it and its
 * handler has answered, whichever comes last. */
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "api/server_private.h"
#include "base/alloc.h"
#include "base/log.h"

enum { STREAM_BLOCK = 64 << 10 };

struct request {
	TAILQ_ENTRY(request) link;
	struct server *server;
	struct MHD_Connection *connection; /* NULL once libmicrohttpd is through with it */
	const struct route *route;         /* NULL: unknown */
	const char *method;                /* borrowed from libmicrohttpd */
	char *param;                       /* owned */
	usec_t started_at;
	struct body_events body;
	void *body_arg;
	bool has_body_events, is_body_ended;
	uint64_t n_body;
	bool is_handled;  /* the handler was called */
	bool is_answered; /* ... and has answered */
	bool is_suspended;
	bool is_inside; /* in a callback of libmicrohttpd: resuming would be wrong */
	bool is_slow;   /* a long poll: its time is no measure of ours */
	int status;
	struct MHD_Response *response; /* owned; NULL until answered */
	bool is_queued;
	struct buf headers; /* of the answer: name NUL value NUL ... */
	struct stream_events stream;
	void *stream_arg;
	bool is_streaming, is_cut;
};

static const int codes[N_CODES - 1] = {
    200, 202, 204, 206, 304, 400, 401, 404, 405, 406, 409, 412, 413, 415, 422, 500, 503, 507};

static size_t route_index(const struct server *server, const struct route *route)
{
	return route != NULL ? (size_t)(route - server->opts.routes) : server->opts.n_routes;
}

void server_add_request_metrics(struct server *server)
{
	size_t n = server->opts.n_routes;

	server->metrics = xcalloc(n + 1, sizeof(*server->metrics));
	for (size_t i = 0; i <= n; i++) {
		const char *pattern = i < n ? server->opts.routes[i].pattern : "other";
		const char *method = i < n ? server->opts.routes[i].method : "other";
		char text[16];
		for (int c = 0; c < N_CODES; c++) {
			snprintf(text, sizeof(text), "%d", c < N_CODES - 1 ? codes[c] : 0);
			server->metrics[i].codes[c] = metrics_cell(METRIC_HTTP_REQUESTS, pattern,
			    method, c < N_CODES - 1 ? text : "other");
		}
		server->metrics[i].duration = metrics_cell(METRIC_HTTP_DURATION, pattern);
	}
}

static void count_request(const struct request *rq)
{
	struct route_metrics *m = &rq->server->metrics[route_index(rq->server, rq->route)];
	int c = 0;

	while (c < N_CODES - 1 && codes[c] != rq->status)
		c++;
	metric_add(m->codes[c], 1);
	if (!rq->is_streaming && !rq->is_slow)
		metric_observe(m->duration, (double)(clock_mono() - rq->started_at) / USEC_PER_SEC);
}

static void free_when_over(struct request *rq)
{
	if (rq->connection != NULL || !rq->is_answered)
		return;
	TAILQ_REMOVE(&rq->server->requests, rq, link);
	if (rq->response != NULL)
		MHD_destroy_response(rq->response);
	buf_done(&rq->headers);
	free(rq->param);
	free(rq);
}

/* --- Routing --- */

/* Does the path match? `{id}` matches one segment, whose place is returned. */
static bool match(const char *pattern, const char *path, const char **ret_param, size_t *ret_len)
{
	while (*pattern != '\0' && *path != '\0') {
		if (*pattern == '{') {
			*ret_param = path;
			*ret_len = strcspn(path, "/");
			if (*ret_len == 0)
				return false;
			path += *ret_len;
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

/* Find the route; without one, refuse. */
static void find_route(struct request *rq, const char *path)
{
	struct buf allow;
	const char *param = "";
	size_t len = 0;

	buf_init(&allow, 256);
	for (size_t i = 0; i < rq->server->opts.n_routes && rq->route == NULL; i++) {
		const struct route *route = &rq->server->opts.routes[i];
		if (!match(route->pattern, path, &param, &len))
			continue;
		if (serves_method(route, rq->method)) {
			rq->route = route;
			rq->param = xstrndup(param, len);
			continue;
		}
		bool is_get = strcmp(route->method, "GET") == 0;
		buf_addf(&allow, "%s%s", allow.len > 0 ? ", " : "",
		    is_get ? "GET, HEAD" : route->method);
	}
	if (rq->route == NULL && allow.len > 0) {
		request_add_header(rq, "Allow", allow.data);
		request_refuse(rq, 405, "This resource does not support %s.", rq->method);
	} else if (rq->route == NULL) {
		request_refuse(rq, 404, "There is no such resource.");
	}
	buf_done(&allow);
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
	int host, length, encoding;
};

static enum MHD_Result count_header(
    void *arg, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct header_count *n = arg;

	(void)kind, (void)value;
	n->host += strcasecmp(key, "Host") == 0;
	n->length += strcasecmp(key, "Content-Length") == 0;
	n->encoding += strcasecmp(key, "Transfer-Encoding") == 0;
	return MHD_YES;
}

/* What RFC 9112 sections 3.2 and 6.3 want refused, and bodies that say that they are too long. */
static void check_head(struct request *rq)
{
	struct header_count n = {0, 0, 0};
	const char *length = request_header(rq, "Content-Length");

	MHD_get_connection_values(rq->connection, MHD_HEADER_KIND, count_header, &n);
	if (n.length > 0 && n.encoding > 0)
		request_refuse(rq, 400, "Content-Length and Transfer-Encoding don't go together.");
	else if (n.host > 1 || n.length > 1)
		request_refuse(rq, 400, "A header that may be there once is there twice.");
	else if (length != NULL && strtoull(length, NULL, 10) > rq->server->opts.max_body)
		request_refuse(rq, 413, "The body may have at most %llu bytes.",
		    (unsigned long long)rq->server->opts.max_body);
}

/* --- From libmicrohttpd --- */

static enum MHD_Result queue_answer(struct request *rq)
{
	if (!rq->is_queued) {
		rq->is_queued = true;
		count_request(rq);
		return MHD_queue_response(rq->connection, (unsigned)rq->status, rq->response);
	}
	return MHD_YES;
}

static void suspend(struct request *rq)
{
	MHD_suspend_connection(rq->connection);
	rq->is_suspended = true;
}

static void handle(struct request *rq)
{
	rq->is_handled = true;
	rq->route->handle(rq, rq->server->opts.api);
}

static enum MHD_Result on_head(struct request *rq, const char *path)
{
	check_head(rq);
	if (rq->response == NULL)
		find_route(rq, path);
	if (rq->response == NULL && rq->route->query != NULL)
		request_each_query(rq, check_query_name, rq);
	if (rq->response == NULL && rq->server->is_ending)
		request_refuse(rq, 503, "The daemon is stopping.");
	if (rq->response == NULL && rq->route->has_body)
		handle(rq);
	return rq->response != NULL ? queue_answer(rq) : MHD_YES;
}

/* A body that is too long and may have no end: libmicrohttpd can't answer before the end of a body,
 * so the answer is written here and the connection cut. */
static enum MHD_Result cut_too_large(struct request *rq)
{
	static const char head[] =
	    "HTTP/1.1 413 Content Too Large\r\nContent-Type: application/problem+json\r\n"
	    "Connection: close\r\n";
	struct problem p = {0};
	struct buf body, text;
	int fd =
	    MHD_get_connection_info(rq->connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;

	problem_set(&p, 413, "The body may have at most %llu bytes.",
	    (unsigned long long)rq->server->opts.max_body);
	buf_init(&body, 4096);
	buf_init(&text, 8192);
	problem_encode(&p, &body);
	buf_addf(&text, "%sContent-Length: %zu\r\n\r\n%s", head, body.len, body.data);
	ssize_t n = send(fd, text.data, text.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)n;
	shutdown(fd, SHUT_WR);
	rq->status = 413;
	count_request(rq);
	problem_done(&p);
	buf_done(&body);
	buf_done(&text);
	return MHD_NO;
}

static enum MHD_Result on_piece(struct request *rq, const char *bytes, size_t *n_bytes)
{
	size_t n = *n_bytes;

	if (rq->n_body + n > rq->server->opts.max_body)
		return cut_too_large(rq);
	if (rq->response == NULL && rq->has_body_events) {
		n = rq->body.on_piece(bytes, n, rq->body_arg);
		if (n < *n_bytes && rq->response == NULL)
			suspend(rq);
	}
	if (rq->response != NULL)
		n = *n_bytes; /* refused: the rest is passed over */
	rq->n_body += n;
	*n_bytes -= n;
	return MHD_YES;
}

static enum MHD_Result on_complete_request(struct request *rq)
{
	if (rq->response == NULL && rq->has_body_events && !rq->is_body_ended) {
		rq->is_body_ended = true;
		rq->body.on_end(rq->body_arg);
	} else if (rq->response == NULL && !rq->is_handled) {
		handle(rq);
	}
	if (rq->response != NULL)
		return queue_answer(rq);
	suspend(rq);
	return MHD_YES;
}

enum MHD_Result server_on_access(void *arg, struct MHD_Connection *connection, const char *url,
    const char *method, const char *version, const char *upload_data, size_t *upload_data_size,
    void **con_cls)
{
	struct server *server = arg;
	struct request *rq = *con_cls;
	enum MHD_Result result;

	(void)version;
	if (rq == NULL) {
		rq = xcalloc(1, sizeof(*rq));
		rq->server = server;
		rq->connection = connection;
		rq->method = method;
		rq->started_at = clock_mono();
		buf_init(&rq->headers, 8192);
		TAILQ_INSERT_TAIL(&server->requests, rq, link);
		*con_cls = rq;
		rq->is_inside = true;
		result = on_head(rq, url);
	} else {
		rq->is_inside = true;
		result = *upload_data_size > 0 ? on_piece(rq, upload_data, upload_data_size)
					       : on_complete_request(rq);
	}
	rq->is_inside = false;
	return result;
}

void server_on_completed(void *arg, struct MHD_Connection *connection, void **con_cls,
    enum MHD_RequestTerminationCode code)
{
	struct request *rq = *con_cls;

	(void)arg, (void)connection, (void)code;
	if (rq == NULL)
		return;
	*con_cls = NULL;
	rq->connection = NULL;
	if (rq->has_body_events && !rq->is_body_ended && rq->response == NULL) {
		rq->body.on_gone(rq->body_arg);
		rq->is_answered = true;
	}
	if (!rq->is_handled)
		rq->is_answered = true;
	free_when_over(rq);
}

/* --- For handlers --- */

const char *request_method(const struct request *rq)
{
	return rq->method;
}

const char *request_path_param(const struct request *rq)
{
	return rq->param;
}

const char *request_header(const struct request *rq, const char *name)
{
	return MHD_lookup_connection_value(rq->connection, MHD_HEADER_KIND, name);
}

const char *request_query(const struct request *rq, const char *name)
{
	return MHD_lookup_connection_value(rq->connection, MHD_GET_ARGUMENT_KIND, name);
}

struct each_query {
	query_param_fn *fn;
	void *arg;
};

static enum MHD_Result on_query(
    void *arg, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct each_query *each = arg;

	(void)kind;
	each->fn(key, value != NULL ? value : "", each->arg);
	return MHD_YES;
}

void request_each_query(const struct request *rq, query_param_fn *fn, void *arg)
{
	struct each_query each = {fn, arg};

	MHD_get_connection_values(rq->connection, MHD_GET_ARGUMENT_KIND, on_query, &each);
}

void request_take_body(struct request *rq, const struct body_events *events, void *arg)
{
	rq->body = *events;
	rq->body_arg = arg;
	rq->has_body_events = true;
}

static void resume(struct request *rq)
{
	if (!rq->is_suspended || rq->is_inside)
		return;
	rq->is_suspended = false;
	MHD_resume_connection(rq->connection);
	defer_start(&rq->server->pump);
}

void request_continue(struct request *rq)
{
	resume(rq);
}

void request_set_slow(struct request *rq)
{
	rq->is_slow = true;
}

void request_add_header(struct request *rq, const char *name, const char *value)
{
	buf_add(&rq->headers, name, strlen(name) + 1);
	buf_add(&rq->headers, value, strlen(value) + 1);
}

/* The answer is complete: hand it to libmicrohttpd, or throw it away when the request is over. */
static void answer(struct request *rq, int status, struct MHD_Response *response)
{
	static const char *const always[][2] = {
	    {"Cache-Control", "no-cache"}, {"X-Content-Type-Options", "nosniff"}};

	rq->is_answered = true;
	if (rq->response != NULL ||
	    rq->connection == NULL) { /* answered for the handler when the server ended */
		MHD_destroy_response(response);
		free_when_over(rq);
		return;
	}
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		MHD_add_response_header(response, always[i][0], always[i][1]);
	for (const char *name = rq->headers.data, *end = name + rq->headers.len; name < end;) {
		const char *value = name + strlen(name) + 1;
		MHD_add_response_header(response, name, value);
		name = value + strlen(value) + 1;
	}
	rq->status = status;
	rq->response = response;
	resume(rq);
}

void request_respond(struct request *rq, int status, const char *content_type, struct buf *body)
{
	size_t len = 0;
	char *bytes = body != NULL ? buf_take(body, &len) : NULL;
	struct MHD_Response *response =
	    MHD_create_response_from_buffer(len, bytes != NULL ? bytes : (char *)"",
		bytes != NULL ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);

	if (content_type != NULL)
		MHD_add_response_header(response, "Content-Type", content_type);
	answer(rq, status, response);
}

void request_respond_problem(struct request *rq, struct problem *p)
{
	struct buf body;
	int status = p->status;

	buf_init(&body, 1 << 20);
	problem_encode(p, &body);
	problem_done(p);
	if (status == 503)
		request_add_header(rq, "Retry-After", "5");
	request_respond(rq, status, "application/problem+json", &body);
}

void request_refuse(struct request *rq, int status, const char *detail, ...)
{
	struct problem p = {0};
	char text[512];
	va_list args;

	va_start(args, detail);
	vsnprintf(text, sizeof(text), detail, args);
	va_end(args);
	problem_set(&p, status, "%s", text);
	request_respond_problem(rq, &p);
}

void request_refuse_query(struct request *rq, const char *name, const char *detail)
{
	struct problem p = {0};
	char pointer[64];

	snprintf(pointer, sizeof(pointer), "/%.60s", name);
	problem_set(&p, 400, "A query parameter can't be accepted.");
	problem_add(&p, pointer, "%s", detail);
	request_respond_problem(rq, &p);
}

static ssize_t on_stream_read(void *arg, uint64_t pos, char *bytes, size_t max)
{
	struct request *rq = arg;

	(void)pos;
	if (rq->is_cut)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	ssize_t n = rq->stream.read(bytes, max, rq->stream_arg);
	if (n == STREAM_END)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (n == STREAM_WAIT)
		suspend(rq);
	return n;
}

static void on_stream_free(void *arg)
{
	struct request *rq = arg;

	rq->server->n_streams--;
	rq->stream.close(rq->stream_arg);
}

void request_stream(
    struct request *rq, const char *content_type, const struct stream_events *events, void *arg)
{
	rq->stream = *events;
	rq->stream_arg = arg;
	rq->is_streaming = true;
	rq->server->n_streams++;
	server_start_sweeping(rq->server);
	struct MHD_Response *response = MHD_create_response_from_callback(
	    MHD_SIZE_UNKNOWN, STREAM_BLOCK, on_stream_read, rq, on_stream_free);
	MHD_add_response_header(response, "Content-Type", content_type);
	answer(rq, 200, response);
}

void request_wake(struct request *rq)
{
	resume(rq);
}

/* --- For the server --- */

void server_sweep_requests(struct server *server)
{
	struct request *rq;

	TAILQ_FOREACH (rq, &server->requests, link) {
		if (!rq->is_streaming || !rq->is_suspended)
			continue;
		struct pollfd p = {.events = POLLRDHUP,
		    .fd = MHD_get_connection_info(rq->connection, MHD_CONNECTION_INFO_CONNECTION_FD)
			      ->connect_fd};
		if (poll(&p, 1, 0) > 0) {
			rq->is_cut = true;
			resume(rq);
		}
	}
}

void server_end_requests(struct server *server)
{
	struct request *rq, *next;

	server->is_ending = true;
	for (rq = TAILQ_FIRST(&server->requests); rq != NULL; rq = next) {
		next = TAILQ_NEXT(rq, link);
		bool was_answered = rq->is_answered;
		rq->is_cut = true;
		if (rq->response == NULL && rq->is_handled && rq->connection != NULL) {
			request_refuse(rq, 503, "The daemon is stopping.");
			rq->is_answered = was_answered; /* the handler still will */
		}
		resume(rq);
	}
}
