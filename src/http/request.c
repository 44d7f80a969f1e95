/* One request's life.
 *
 *   head read --> (body) --> waiting --> answered --> completed
 *                               |
 *                               +-----> streaming --> completed
 *
 * While the handler works or a stream has nothing to send the connection is suspended, so that
 * libmicrohttpd leaves it alone. A request is freed when libmicrohttpd is through with it and its
 * handler has answered, whichever comes last. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/log.h"
#include "http/answer.h"
#include "http/request_private.h"

static void count_request(const struct request *rq)
{
	struct request_metrics *m = rq->server->metrics;

	request_metrics_count(m, rq->route, rq->status);
	if (!rq->is_streaming && !rq->is_slow)
		request_metrics_observe(m, rq->route, clock_mono() - rq->started_at);
}

void request_free_when_over(struct request *rq)
{
	struct MHD_Response *unsent = rq->is_queued ? NULL : rq->response;

	if (rq->connection != NULL || !rq->is_answered)
		return;
	if (unsent != NULL) {
		bool is_stream = rq->is_stream_open;
		rq->is_queued = true;
		MHD_destroy_response(unsent);
		if (is_stream) /* on_stream_free called this function and freed the request */
			return;
	}
	if (rq->is_stream_open)
		return;
	TAILQ_REMOVE(&rq->server->requests, rq, link);
	for (int i = 0; i < 2; i++)
		door_unshare(rq->server, rq->shares[i]);
	buf_done(&rq->headers);
	FREE_ALL(rq->param, rq->name, rq->token_name, rq);
}

/* --- From libmicrohttpd --- */

static enum MHD_Result queue_answer(struct request *rq)
{
	if (rq->is_queued)
		return MHD_YES;
	rq->is_queued = true;
	if (rq->client != NULL) {
		connection_enter(rq->client, PHASE_ANSWER);
		/* the only option that our answers name is `close` */
		if (MHD_get_response_header(rq->response, "Connection") != NULL)
			rq->client->is_last = true;
	}
	count_request(rq);
	enum MHD_Result result =
	    MHD_queue_response(rq->connection, (unsigned)rq->status, rq->response);
	MHD_destroy_response(
	    rq->response); /* owned by the queue now; the pointer remains as a marker */
	return result;
}

void request_suspend(struct request *rq)
{
	MHD_suspend_connection(rq->connection);
	rq->is_suspended = true;
	if (rq->client != NULL) {
		rq->client->has_waited = true;
		rq->client->is_quiet = rq->is_streaming || rq->is_waiting;
	}
}

static void handle(struct request *rq)
{
	rq->is_handled = true;
	rq->route->handle(rq, rq->server->opts.api);
}

static enum MHD_Result on_head(struct request *rq, const char *path)
{
	rq->server->route(rq, path);
	if (rq->response == NULL && rq->server->is_ending)
		request_refuse(rq, 503, "The daemon is stopping.");
	if (rq->response == NULL && rq->route->has_body)
		handle(rq);
	/* an answer before the end of a request, even of one without a body, makes libmicrohttpd
	 * close: it waits for that, unless there is a body that nobody wants */
	if (rq->response == NULL || !rq->client->reader.head.has_body)
		return MHD_YES;
	rq->client->is_last = true;
	return queue_answer(rq);
}

static enum MHD_Result on_piece(struct request *rq, const char *bytes, size_t *n_bytes)
{
	size_t n = *n_bytes;

	if (rq->response == NULL && rq->has_body_events) {
		n = rq->body.on_piece(bytes, n, rq->body_arg);
		if (n < *n_bytes && rq->response == NULL)
			request_suspend(rq);
	}
	if (rq->response != NULL)
		n = *n_bytes; /* refused: the rest is ignored */
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
	request_suspend(rq);
	return MHD_YES;
}

static void resume(struct request *rq)
{
	if (!rq->is_suspended || rq->is_inside)
		return;
	rq->is_suspended = false;
	if (rq->client != NULL)
		rq->client->is_quiet = false;
	MHD_resume_connection(rq->connection);
	defer_start(&rq->server->pump);
}

/* The client has disconnected: end what waits for it. */
static void abandon(struct request *rq)
{
	bool is_in_body = rq->has_body_events && !rq->is_body_ended;

	rq->client = NULL;
	rq->is_cut = true;
	if (rq->is_waiting)
		rq->on_gone(rq->wait_arg);
	/* libmicrohttpd sees only then that its client has closed; a handler at work answers first
	 */
	if (rq->is_streaming || is_in_body)
		resume(rq);
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
		struct connection *client = pipe_of(connection)->owner;
		if (client == NULL)
			return MHD_NO;
		rq = xcalloc(1, sizeof(*rq));
		rq->server = server;
		rq->connection = connection;
		rq->client = client;
		client->rq = rq;
		client->abandon = abandon;
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

	(void)arg, (void)connection;
	if (rq == NULL)
		return;
	*con_cls = NULL;
	if (rq->client != NULL)
		connection_complete(rq->client, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
	rq->client = NULL;
	rq->connection = NULL;
	if (rq->has_body_events && !rq->is_body_ended && rq->response == NULL) {
		rq->body.on_gone(rq->body_arg);
		rq->is_answered = true;
	}
	if (rq->is_turned_away)
		rq->stream.close(rq->stream_arg);
	if (!rq->is_handled)
		rq->is_answered = true;
	request_free_when_over(rq);
}

/* --- For handlers --- */

const char *request_method(const struct request *rq)
{
	return rq->method;
}

const char *request_token_name(const struct request *rq)
{
	return rq->token_name;
}

bool request_client_address(const struct request *rq, struct address *ret_address)
{
	const struct connection *client = rq->client;

	if (client == NULL || client->share == NULL)
		return false;
	memset(ret_address, 0, sizeof(*ret_address));
	ret_address->is_v6 = client->endpoint.address.is_v6;
	memcpy(ret_address->bytes, client->endpoint.address.bytes, ret_address->is_v6 ? 8 : 4);
	return true;
}

const char *request_path_param(const struct request *rq)
{
	return rq->param;
}

const char *request_path_name(const struct request *rq)
{
	return rq->name;
}

const char *request_header(const struct request *rq, const char *name)
{
	return MHD_lookup_connection_value(rq->connection, MHD_HEADER_KIND, name);
}

struct tag_search {
	const char *name, *etag;
	bool is_weak, is_found;
};

/* A list of tags (RFC 9110 section 8.8.3); what is between quotes has no quotes. */
static bool has_tag(const char *value, const struct tag_search *search)
{
	size_t len = strlen(search->etag);

	if (strcmp(value, "*") == 0)
		return true;
	for (const char *at = value; (at = strchr(at, '"')) != NULL;) {
		const char *end = strchr(at + 1, '"');
		bool may_be = search->is_weak || at == value || at[-1] != '/';
		if (end == NULL)
			return false;
		if (may_be && (size_t)(end - at - 1) == len &&
		    memcmp(at + 1, search->etag, len) == 0)
			return true;
		at = end + 1;
	}
	return false;
}

static enum MHD_Result on_tags(
    void *arg, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct tag_search *search = arg;

	(void)kind;
	if (value != NULL && strcasecmp(key, search->name) == 0)
		search->is_found = search->is_found || has_tag(value, search);
	return MHD_YES;
}

bool request_header_has_tag(
    const struct request *rq, const char *name, const char *etag, bool is_weak)
{
	struct tag_search search = {.name = name, .etag = etag, .is_weak = is_weak};

	MHD_get_connection_values(rq->connection, MHD_HEADER_KIND, on_tags, &search);
	return search.is_found;
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

void request_answer(struct request *rq, int status, struct MHD_Response *response)
{
	rq->is_answered = true;
	request_end_wait(rq);
	if (rq->response != NULL ||
	    rq->connection == NULL) { /* answered for the handler when the server ended */
		bool is_stream = rq->is_stream_open;
		MHD_destroy_response(response);
		if (!is_stream) /* on_stream_free called this function and may have freed the
				   request */
			request_free_when_over(rq);
		return;
	}
	answer_add_headers(&rq->headers, response);
	if (rq->server->is_handing_over)
		MHD_add_response_header(response, "Connection", "close");
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
	request_answer(rq, status, response);
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
	problem_set(&p, 400, "A query parameter is invalid.");
	problem_add(&p, pointer, "%s", detail);
	request_respond_problem(rq, &p);
}

void request_wake(struct request *rq)
{
	resume(rq);
}

/* --- For the server --- */

void server_end_requests(struct server *server)
{
	struct request *rq, *next;

	server->is_ending = true;
	for (rq = TAILQ_FIRST(&server->requests); rq != NULL; rq = next) {
		next = TAILQ_NEXT(rq, link);
		if (rq->has_body_events && !rq->is_body_ended && rq->response == NULL) {
			rq->body.on_gone(rq->body_arg);
			rq->has_body_events = false;
			rq->is_handled = false; /* no one will answer but we */
			request_refuse(rq, 503, "The daemon is stopping.");
		}
		bool was_answered = rq->is_answered;
		rq->is_cut = true;
		if (rq->response == NULL && rq->is_handled && rq->connection != NULL) {
			request_refuse(rq, 503, "The daemon is stopping.");
			rq->is_answered = was_answered; /* the handler still will */
		}
		resume(rq);
	}
}
