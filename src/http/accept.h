/* Content negotiation (RFC 9110 section 12.5). Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Return the place in `types` (media types without parameters, best first) of the one the client
 * likes most; 0 when there is no header, -1 when none is acceptable. */
int accept_choose(const char *header, const char *const *types, size_t n_types);

/* Say whether `header`, an Accept-Encoding or NULL, takes `coding` at least as gladly as the body
 * as it is. */
bool accept_takes_coding(const char *header, const char *coding);
