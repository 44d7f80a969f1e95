/* Problem details (RFC 9457) read back, for asyncprobectl. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "wire/problem.h"

/* Read application/problem+json into a zeroed `ret_problem`, which the caller ends with
 * problem_done. Without `detail` the title serves; faults past PROBLEM_MAX_ERRORS are dropped.
 * False, with nothing read, when the text is no problem document. */
bool problem_parse(const char *text, size_t len, struct problem *ret_problem);
