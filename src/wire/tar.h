/* Archives of files in the pax format (POSIX.1-2017, pax, "pax Interchange Format"). Names are the
 * bytes that they are: nothing is converted, so that no two names become one. Thread: any. */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"

/* Add the header of a regular file, whose bytes follow. `name` is UTF-8 and not empty. */
void tar_add_head(struct buf *b, const char *name, uint64_t n_bytes, usec_t modified_at);

/* Add what fills the last block of a file of `n_bytes`. */
void tar_add_padding(struct buf *b, uint64_t n_bytes);

/* Add the end of the archive. */
void tar_add_end(struct buf *b);
