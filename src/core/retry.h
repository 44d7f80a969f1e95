/* What core/submit.c asks of core/retry.c: the items of a job that failed, in place of a body.
 * Thread: loop, except where said. */
#pragma once

#include "core/submit_private.h"

struct retry;

void retry_free(struct retry *retry); /* NULL is fine */

const struct id *retry_of(const struct retry *retry); /* borrowed */

/* Is there a page that waits for retry_read? */
bool retry_has_page(const struct retry *retry);

/* Have the next page read from the store: the submission's step ends with it. False when all was
 * read; then a problem is set if not all that failed was there. */
bool retry_ask(struct submission *s);

/* Take the page in. Thread: any; a step of work. */
void retry_read(struct submission *s);
