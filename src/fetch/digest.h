/* SHA-256 of bytes that come in pieces. Thread: any (one at a time). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "model/file.h"

struct digest;

/* NULL: OpenSSL has no memory. */
struct digest *digest_new(void);
void digest_free(struct digest *digest); /* NULL is fine */

bool digest_add(struct digest *digest, const void *bytes, size_t n_bytes);

/* Tell the digest of all that was added; of nothing when `digest` is NULL. */
bool digest_finish(struct digest *digest, uint8_t ret_digest[static FILE_DIGEST_SIZE]);
