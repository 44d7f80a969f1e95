/* JSON text by hand (RFC 8259), for rows that are written by the million. Thread: any. */
#pragma once

#include <stddef.h>

#include "base/buf.h"
#include "base/clock.h"

/* Add `len` bytes as a JSON string. Bytes that are not UTF-8 become U+FFFD. */
void json_add_string(struct buf *b, const char *s, size_t len);

/* Add a string, or null when `s` is NULL. */
void json_add_optional(struct buf *b, const char *s);

/* Add wall time as an RFC 3339 string, or null for 0. */
void json_add_time(struct buf *b, usec_t wall);

/* Add a duration in milliseconds with three decimals. */
void json_add_msec(struct buf *b, usec_t duration);
