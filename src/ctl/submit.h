/* Submissions: a spec as the body or the query of POST /jobs. Thread: main. */
#pragma once

#include <stdio.h>

#include "base/clock.h"
#include "ctl/http.h"
#include "model/spec.h"

struct submit_opts {
	const char *idempotency_key; /* NULL: none */
	FILE *lines;                 /* names, one a line, beside the spec; NULL: none */
	const char *lines_name;      /* for messages */
};

/* POST the spec, as JSON or, with `lines`, as a stream of text with the rest in the query, in
 * constant memory. Returns the ended call, which the caller frees; *ret_since is when the daemon
 * had all names. Says on stderr when the lines can't be read; the outcome is HTTP_STOPPED then. */
struct http_call *submit_spec(
    struct http *http, const struct spec *spec, const struct submit_opts *opts, usec_t *ret_since);
