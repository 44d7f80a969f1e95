/* The request line (RFC 9112 section 3). Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "http/chars.h"
#include "http/fault.h"

enum { REQUEST_MAX_METHOD = 24 }; /* bytes; longer ones are 501 */

struct request_line {
	struct slice method;
	struct slice authority; /* of a target in absolute form; otherwise data is NULL */
	struct slice path;      /* the target in origin form; without `/` where only a query is */
	bool is_rootless;       /* a `/` is to be put before path */
	bool is_http_1_0;
};

/* Parse the parts of a request line. `method` must be a token and `target` visible ASCII, both not
 * empty. The result borrows from both. Refuses with 400, 414, 501 or 505. */
bool request_line_read(struct slice method, struct slice target, struct slice version,
    size_t max_params, struct request_line *ret_line, struct fault *ret_fault);
