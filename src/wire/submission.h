/* Parsing of submissions: a JSON body, or query parameters with a line-based body, to a struct
 * spec. Unknown fields, wrong types and values out of range are errors with a pointer. Thread: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "model/spec.h"
#include "wire/problem.h"

/* Read a JSON body into an initialised spec. False with `p` filled: 400 when it is not JSON (RFC
 * 8259, duplicate keys refused), 422 when it is not a submission. */
bool submission_parse_json(const char *body, size_t len, struct spec *spec, struct problem *p);

/* Set one field from a query parameter, for bodies of lines; lists are comma-separated. Faults go
 * to `p`. */
void submission_set_query(
    struct spec *spec, const char *name, const char *value, struct problem *p);

/* Check what concerns several fields at once. `has_lines`: the items come as lines of the body.
 * False with `p` filled. */
bool submission_check(const struct spec *spec, bool has_lines, struct problem *p);
