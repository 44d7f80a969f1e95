/* Content negotiation by the Accept header (RFC 9110 section 12.5.1). Thread: any. */
#pragma once

#include <stddef.h>

/* Return the place in `types` (media types without parameters, best first) of the one the client
 * likes most; 0 when there is no header, -1 when none is acceptable. */
int accept_choose(const char *header, const char *const *types, size_t n_types);
