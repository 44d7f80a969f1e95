/* Requests and responses for handlers; hides the server. Thread: loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "loop/loop.h"
#include "model/address.h"
#include "wire/problem.h"

struct api;
struct request;

/* A handler is called when the header of a request has been read. It answers exactly once, now or
 * later, with one of the respond functions, even if the client has disconnected. The request must
 * not be used after that. */
typedef void handler_fn(struct request *request, struct api *api);

struct route {
	const char *method; /* GET routes answer HEAD as well */
	const char
	    *pattern; /* segments; `{id}`, and behind it `{name}`, stand for one of any text */
	handler_fn *handle;
	const char *query; /* names of its query parameters, each between spaces; NULL: the handler
			      judges them */
	bool has_body;
	unsigned scopes; /* a token needs one of them (http/tokens.h); 0: none is asked for */
};

/* --- What was asked; all texts are borrowed from the request --- */

const char *request_method(const struct request *rq);
const char *request_path_param(
    const struct request *rq); /* what stood for `{id}`; "" when the route has none */
const char *request_path_name(const struct request *rq); /* what stood for `{name}`, unescaped */
const char *request_header(const struct request *rq, const char *name); /* NULL: absent */
/* Say whether one of the header's lines has the strong tag `etag`, which is without quotes, or `*`;
 * `W/` before it is passed over if `is_weak`. */
bool request_header_has_tag(
    const struct request *rq, const char *name, const char *etag, bool is_weak);
const char *request_query(const struct request *rq, const char *name); /* NULL: absent; unescaped */
typedef void query_param_fn(const char *name, const char *value, void *arg);
void request_each_query(const struct request *rq, query_param_fn *fn, void *arg);

/* Receive the body in pieces. `on_piece` returns the number of bytes accepted; if fewer than all,
 * it is not called again until request_continue. `on_end` is called at the end of the body, or
 * `on_gone` if the client disconnected: then the request is invalid and must not be answered.
 * Called by the handler; otherwise the body is ignored. */
struct body_events {
	size_t (*on_piece)(const char *bytes, size_t n_bytes, void *arg);
	void (*on_end)(void *arg);
	void (*on_gone)(void *arg);
};
void request_take_body(struct request *rq, const struct body_events *events, void *arg);
void request_continue(struct request *rq);

/* Add the client as log pairs: `token=NAME peer=192.0.2.1:40000`, or `token=- peer=unix uid=1000`,
 * with `certificate=SUBJECT` if one was presented. Called by the handler at once, since the client
 * may disconnect. */
void request_describe_client(const struct request *rq, struct buf *text);

/* Get the client address that limits apply to: for IPv6 the /64. False for Unix sockets and after a
 * disconnect. */
bool request_client_address(const struct request *rq, struct address *ret_address);

/* Return the name of the token of the request; NULL: none was required. */
const char *request_token_name(const struct request *rq);

/* Exclude this request from the duration metric because it waits for an event. */
void request_set_slow(struct request *rq);

/* Wait for an event before answering. The request counts as a stream; false if the limit is reached
 * (503 was sent). `on_gone(arg)` is called if the client disconnects: the handler must answer at
 * once. Called by the handler. */
bool request_wait(struct request *rq, loop_fn *on_gone, void *arg) MUST_CHECK;

/* --- Answers --- */

/* Add a header to the answer; `name` is a literal, `value` is copied. */
void request_add_header(struct request *rq, const char *name, const char *value);

/* Answer with a body (its bytes are taken) or, with NULL, without. `content_type` is a literal. */
void request_respond(struct request *rq, int status, const char *content_type, struct buf *body);

/* Answer with a problem document; `p` is ended. */
void request_respond_problem(struct request *rq, struct problem *p);
void request_refuse(struct request *rq, int status, const char *detail, ...) PRINTF(3, 4);

/* Refuse a query parameter: 400 with a pointer to it. */
void request_refuse_query(struct request *rq, const char *name, const char *detail);

/* Answer with a stream. `read` writes up to `max` bytes and returns how many, or one of those
 * below; after STREAM_WAIT it is called again when request_wake was, STREAM_FAILED breaks the
 * connection. `close` is called once, when the answer is complete or the client has gone. */
enum { STREAM_WAIT = 0, STREAM_END = -1, STREAM_FAILED = -2 };
struct stream_events {
	ssize_t (*read)(char *bytes, size_t max, void *arg);
	void (*close)(void *arg);
	bool is_live; /* it waits for events: how long is not known */
};
void request_stream(
    struct request *rq, const char *content_type, const struct stream_events *events, void *arg);
/* The same with a status and a length that are known: `read` yields as many bytes. */
void request_stream_sized(struct request *rq, int status, const char *content_type,
    uint64_t n_bytes, const struct stream_events *events, void *arg);
void request_wake(struct request *rq);
