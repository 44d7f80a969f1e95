/* Texts from outside as parts of a row. Inside wire. Thread: any. */
#pragma once

#include <stddef.h>

#include "base/buf.h"

/* Add text in which control characters and bytes that are not UTF-8 become `?`, so that a row stays
 * a row and a terminal a terminal. */
void cell_add_visible(struct buf *b, const char *s, size_t len);

/* Add a field of CSV, quoted when it needs to be (RFC 4180 section 2, rules 5 to 7). */
void cell_add_csv(struct buf *b, const char *s, size_t len);
