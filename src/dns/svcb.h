/* The parameters of SVCB and HTTPS records (RFC 9460). Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Add their text form, `key=value` with spaces between. False when they are malformed: what was
 * added until then is in `b`. */
bool dns_svcb_format(const uint8_t *bytes, size_t len, struct buf *b);
