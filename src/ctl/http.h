/* HTTP requests to one daemon. Several may run at the same time on one thread; only http_wait
 * advances them. Thread: main. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/clock.h"

struct http;
struct http_call;

/* Called with a piece of the body of a 200 answer; false ends the transfer. It must not free the
 * call. */
typedef bool http_body_fn(const char *bytes, size_t n_bytes, void *arg);

/* Called for up to `max` bytes of the request's body; returns how many there are, 0 at the end, -1
 * to abort the request. */
typedef ssize_t http_read_fn(char *bytes, size_t max, void *arg);

struct http_request {
	const char *method;                         /* GET, POST, PATCH or DELETE */
	const char *path;                           /* with its query, already encoded */
	const char *content_type, *idempotency_key; /* NULL: none */
	const char *if_match;                       /* an ETag; NULL: none */
	const char *body; /* of POST and PATCH, borrowed until the call ends; read_body is NULL */
	size_t body_len;
	http_read_fn *read_body; /* body of unknown length, sent in chunks */
	http_body_fn *on_body;   /* NULL: the body is stored in the answer */
	void *arg;               /* for both */
	usec_t max_silence;      /* abort if nothing arrives for so long; 0: no limit */
};

enum http_outcome {
	HTTP_ANSWERED,  /* `status` and, unless on_body took it, `body` are set */
	HTTP_NO_ANSWER, /* not connected, connection lost, or too large; `error` says why */
	HTTP_STOPPED,   /* on_body or read_body aborted it */
};

enum { HTTP_MAX_ANSWER = 64 << 20, HTTP_ERROR_SIZE = 256, HTTP_ETAG_SIZE = 80 };

struct http_answer {
	enum http_outcome outcome;
	int status;
	struct buf body; /* at most HTTP_MAX_ANSWER bytes */
	char error[HTTP_ERROR_SIZE];
	char etag[HTTP_ETAG_SIZE]; /* as received, with quotes; empty: none, or too long */
};

/* Prepare requests to the daemon at `url` (http[s]://HOST:PORT or unix:/PATH) without connecting.
 * NULL: the URL is invalid. http_call_free of each call must precede http_free. */
struct http *http_new(const char *url);
void http_free(struct http *http);

/* Send this token, which is copied, with each request that follows. False: it is invalid. */
bool http_set_token(struct http *http, const char *token);

/* Trust the authorities in a file (NULL: the system's), and present the certificate in another
 * (NULL: none). The names are borrowed. */
void http_set_tls(struct http *http, const char *ca_file, const char *cert);

/* Start a request. Strings are copied, except the body. A request that has neither functions nor
 * `max_silence` is aborted after a minute. */
struct http_call *http_start(struct http *http, const struct http_request *request);
void http_call_free(struct http_call *call); /* aborts it if it is running */

/* Return the answer when the call has ended, else NULL; borrowed from the call. */
const struct http_answer *http_call_answer(const struct http_call *call);

/* Hold or release the body of the answer; while it is held, on_body is not called. Must not be
 * called by on_body. */
void http_call_hold(struct http_call *call, bool is_held);

/* Advance all calls, waiting up to `longest` for one that can be advanced. A signal ends the wait.
 * Calls on_body and read_body. */
void http_wait(struct http *http, usec_t longest);

/* Run one request to its end, and others meanwhile; the caller frees the call. Calls as http_wait.
 */
struct http_call *http_run(struct http *http, const struct http_request *request);

/* Add `?name=value` or `&name=value` to a path, percent-encoded. */
void http_add_query(struct buf *path, const char *name, const char *value);
/* Add one segment of a path, percent-encoded. */
void http_add_segment(struct buf *path, const char *segment);
