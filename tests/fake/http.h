/* A web server on a loopback socket that does what a test tells it, for each path and each time it
 * is asked. It runs in the loop of what it serves. Thread: loop. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "loop/loop.h"

/* What becomes of the connection behind the answer. */
enum http_then {
	HTTP_KEEP,  /* it serves the next request; a Content-Length is added where the head has no
		       word of how long the body is */
	HTTP_CLOSE, /* closed */
	HTTP_RESET, /* reset */
	HTTP_STALL  /* nothing comes any more */
};

struct http_rule {
	const char *path;  /* with its query */
	unsigned from, to; /* which requests for it, from 1; to 0: all that follow */
	const char *head;  /* status line and fields, each ended by CRLF; `{port}` stands for the
			      server's port; NULL: no answer */
	const char *body;  /* NULL: `length` bytes of a pattern */
	uint64_t length;
	enum http_then then;
	usec_t delay; /* before the answer */
};

struct fake_http;

/* Listen on a free port of 127.0.0.1 and serve. `rules`, ended by one without a path, are borrowed;
 * the first that fits counts; what has no rule is answered 404. */
struct fake_http *fake_http_new(struct loop *loop, const struct http_rule *rules);
void fake_http_free(struct fake_http *http);

uint16_t fake_http_port(const struct fake_http *http);

/* How often the path was asked for; anything when NULL. */
unsigned fake_http_count(const struct fake_http *http, const char *path);
/* The text of the last request for the path, its body included, borrowed; "" when there was none.
 */
const char *fake_http_request(const struct fake_http *http, const char *path);

unsigned fake_http_n_connections(const struct fake_http *http); /* in all */
unsigned fake_http_n_open(const struct fake_http *http);        /* now */
unsigned fake_http_most(
    const struct fake_http *http); /* requests that were under way at one time */

/* The i-th byte of the pattern. */
char fake_http_byte(uint64_t i);
