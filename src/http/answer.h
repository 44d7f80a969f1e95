/* Headers that all responses have. Internal to the server. Thread: loop. */
#pragma once

#include <microhttpd.h>
#include <stdbool.h>

#include "base/buf.h"

/* Add the headers of every answer to `response`, and before them those in `headers`: name NUL value
 * NUL and so on. A header that is set there replaces the general one of its name. */
void answer_add_headers(const struct buf *headers, struct MHD_Response *response);

/* Write a whole answer with a problem document, behind which the connection is to be closed.
 * `is_head`: to a HEAD request, without the document. */
void answer_write_refusal(int status, const char *detail, bool is_head, struct buf *text);
