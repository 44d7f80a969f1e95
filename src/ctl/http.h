/* HTTP to one daemon: requests that run beside each other on one thread, moved on by http_wait
 * alone. Nothing of libcurl shows here. Thread: main. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/clock.h"

struct http;
struct http_call;

/* Called with a piece of a 200 answer's body; false ends the transfer. It may not free the call. */
typedef bool http_body_fn(const char *bytes, size_t n_bytes, void *arg);

/* Called for up to `max` bytes of the request's body; 0 is its end, -1 gives the request up. */
typedef ssize_t http_read_fn(char *bytes, size_t max, void *arg);

struct http_request {
	const char *method;                         /* GET, POST, PATCH or DELETE */
	const char *path;                           /* with its query, already encoded */
	const char *content_type, *idempotency_key; /* NULL: none */
	const char *if_match;                       /* an ETag; NULL: none */
	const char *body; /* of POST and PATCH, borrowed until the call ends; read_body is NULL */
	size_t body_len;
	http_read_fn *read_body; /* a body of unknown length, sent in chunks */
	http_body_fn *on_body;   /* NULL: the body is gathered in the answer */
	void *arg;               /* for both */
	usec_t max_silence;      /* end it when nothing comes for as long; 0: whenever it ends */
};

enum http_outcome {
	HTTP_ANSWERED,  /* `status` and, unless on_body took it, `body` are set */
	HTTP_NO_ANSWER, /* not reached, or the connection broke: `error` says why */
	HTTP_STOPPED,   /* one of the request's own functions gave it up */
};

enum { HTTP_MAX_ANSWER = 64 << 20, HTTP_ERROR_SIZE = 256, HTTP_ETAG_SIZE = 80 };

struct http_answer {
	enum http_outcome outcome;
	int status;
	struct buf body; /* at most HTTP_MAX_ANSWER bytes */
	char error[HTTP_ERROR_SIZE];
	char etag[HTTP_ETAG_SIZE]; /* as it came, with its quotes; empty: none, or a longer one */
};

/* Prepare for the daemon at `url` (http://HOST:PORT or unix:/PATH) without connecting; NULL when
 * it is no such URL. http_free comes after http_call_free of each call. */
struct http *http_new(const char *url);
void http_free(struct http *http);

/* Send this token with each request from now on; copied. False when it can be none. */
bool http_set_token(struct http *http, const char *token);

/* Trust the authorities of a file, and show the certificate of another; NULL: the system's, and
 * none. Borrowed. */
void http_set_tls(struct http *http, const char *ca_file, const char *cert);

/* Begin a request. Strings are copied, save for the body. A request that has neither
 * functions of its own nor `max_silence` ends after a minute at the latest. */
struct http_call *http_start(struct http *http, const struct http_request *request);
void http_call_free(struct http_call *call); /* stops it when it still runs */

/* Return the answer when the call has ended, else NULL; borrowed from the call. */
const struct http_answer *http_call_answer(const struct http_call *call);

/* Let the answer's body come or, so that on_body is not called any more, stay where it is. Not from
 * within on_body. */
void http_call_hold(struct http_call *call, bool is_held);

/* Move all calls on, waiting at most `longest` for one to need it; a signal ends the wait. Calls
 * on_body and read_body. */
void http_wait(struct http *http, usec_t longest);

/* Run one request to its end, others beside it; the caller frees the call. Calls as http_wait. */
struct http_call *http_run(struct http *http, const struct http_request *request);

/* Add `?name=value` or `&name=value` to a path, percent-encoded. */
void http_add_query(struct buf *path, const char *name, const char *value);
/* Add one segment of a path, percent-encoded. */
void http_add_segment(struct buf *path, const char *segment);
