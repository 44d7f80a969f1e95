/* Texts from outside as fields of CSV. Inside wire. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Add a field, quoted when it needs to be (RFC 4180 section 2, rules 5 to 7). What is unsafe to
 * show becomes `?`. `is_guarded`: what a spreadsheet would take for a formula gets an apostrophe in
 * front. */
void cell_add_csv(struct buf *b, const char *s, size_t len, bool is_guarded);
