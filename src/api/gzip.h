/* Bodies in gzip (RFC 1952). Thread: any. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"

/* Add `text`, packed. False when zlib has no memory or the ceiling of `packed` is reached; what was
 * added then is of no use. */
bool gzip_pack(const struct buf *text, struct buf *packed);
