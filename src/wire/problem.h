/* Problem details for HTTP (RFC 9457): what the user sent is wrong, or why it can't be served now.
 * Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum { PROBLEM_MAX_ERRORS = 16, PROBLEM_MAX_DETAIL = 1000 };

struct problem {
	int status;   /* HTTP status; 0: there is no problem */
	char *detail; /* owned */
	size_t n_errors;
	struct {
		char *pointer; /* owned; JSON pointer (RFC 6901) to the faulty field */
		char *detail;  /* owned */
	} errors[PROBLEM_MAX_ERRORS];
};

void problem_done(struct problem *p); /* frees the members; may be zeroed */

/* Set status and detail, unless a problem was set before. The detail is cut to PROBLEM_MAX_DETAIL
 * bytes. */
void problem_set(struct problem *p, int status, const char *detail, ...) PRINTF(3, 4);

/* Add a fault of one field and make the problem a 422; faults past PROBLEM_MAX_ERRORS are dropped.
 */
void problem_add(struct problem *p, const char *pointer, const char *detail, ...) PRINTF(3, 4);

/* The title that goes with an HTTP status, after RFC 9110. */
const char *problem_title(int status);

/* Write it as application/problem+json. */
void problem_encode(const struct problem *p, struct buf *b);

/* Write `name` as one part of a JSON pointer (RFC 6901 section 3), cut to `size` bytes with the
 * terminator. */
void problem_escape(const char *name, char *ret_part, size_t size);

/* Whether `text` is an http or https URL of at most `max` bytes; adds an error at `pointer` if not.
 */
bool problem_check_url(struct problem *p, const char *pointer, const char *text, size_t max);
