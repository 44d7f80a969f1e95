/* Files that are small enough to be read as a whole. Thread: any; blocks. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"

/* Append a regular file of at most text->max bytes to `text`. `is_secret`: refuse a file that
 * others may read or write. Returns NULL, or what is wrong (static text, or strerror's) with
 * *ret_err = ERR_IO if the system refused, else ERR_INVALID. */
const char *small_file_read(const char *path, bool is_secret, struct buf *text, enum err *ret_err)
    MUST_CHECK;
