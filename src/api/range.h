/* Ranges of a file as clients ask for them (RFC 9110 section 14). Thread: any. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct range {
	uint64_t first, n_bytes;
	bool is_part; /* false: the file as a whole */
};

/* Choose what to send of a file of `size` bytes whose strong tag is `etag`, without quotes. One
 * range is honoured; several, other units and what makes no sense are passed over, as the RFC
 * allows, and so is a range for another version (If-Range). False: the range lies outside the file,
 * 416. `range` and `if_range` are the headers or NULL. */
bool range_choose(const char *range, const char *if_range, const char *etag, uint64_t size,
    struct range *ret_range);

/* Add text percent-encoded as RFC 8187 section 3.2.1 wants it. */
void range_add_escaped(struct buf *b, const char *text);
