/* Growing byte buffers with a maximum size. An addition beyond the maximum keeps what fits and sets
 * `overflow`, so that a writer checks once at the end. Thread: any (one at a time). */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct buf {
	char *data;    /* owned; NUL-terminated whenever not NULL; may hold NULs */
	size_t len;    /* bytes in use, without the terminator */
	size_t room;   /* bytes allocated */
	size_t max;    /* ceiling of len */
	bool overflow; /* an addition was refused since buf_init or buf_clear */
};

void buf_init(struct buf *b, size_t max_bytes);
void buf_done(struct buf *b);
void buf_clear(struct buf *b);                /* forget the contents, keep the memory */
void buf_truncate(struct buf *b, size_t len); /* keep the first `len` bytes, at most those in use */

/* Give the bytes (NUL-terminated, never NULL) to the caller, who frees them; the buffer is empty
 * then. */
char *buf_take(struct buf *b, size_t *ret_len);

void buf_add(struct buf *b, const void *bytes, size_t n_bytes);
void buf_add_str(struct buf *b, const char *s);
void buf_add_char(struct buf *b, char c);
void buf_add_u64(struct buf *b, uint64_t value); /* in decimal */
void buf_addf(struct buf *b, const char *format, ...) PRINTF(2, 3);
void buf_addv(struct buf *b, const char *format, va_list args) PRINTF(2, 0);

/* Add `text` with the bytes that are not in `plain` percent-encoded (RFC 3986 section 2.1). */
void buf_add_percent(struct buf *b, const char *text, const char *plain);

/* Make room for `n_bytes` more and return where they go, or NULL past the ceiling; then set with
 * buf_commit. */
char *buf_reserve(struct buf *b, size_t n_bytes);
void buf_commit(struct buf *b, size_t n_bytes);

/* Drop `n_bytes` (at most len) from the front. */
void buf_drain(struct buf *b, size_t n_bytes);
