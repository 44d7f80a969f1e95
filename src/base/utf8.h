/* UTF-8 (RFC 3629). Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Length of the character at `s`, or 0 when the bytes there are none. `len` is at least 1. */
size_t utf8_length(const char *s, size_t len);

/* Return the code point of the character of `n` bytes at `s`. */
uint32_t utf8_code_point(const char *s, size_t n);

/* Say whether the character of `n` bytes at `s` must not be shown, nor be part of a file's name:
 * control characters, those that end lines, those that are not seen, and those that change the
 * direction of others. */
bool utf8_is_unsafe(const char *s, size_t n);

/* Return the length of what is unsafe at `s`: of such a character, or 1 of bytes that are none; 0
 * when a character follows that may be shown. `len` is at least 1. */
size_t utf8_unsafe_length(const char *s, size_t len);

/* Add text in which each unsafe character, and each byte that is part of none, is replaced. */
void utf8_add_visible(struct buf *b, const char *s, size_t len, char substitute);

/* Return the length of the byte order mark at `s`, 0 when there is none. */
size_t utf8_mark_length(const char *s, size_t len);

/* Say whether text that begins so is UTF-16 or UTF-32: by its byte order mark, or because every
 * other byte is NUL. */
bool utf8_is_wide(const char *s, size_t len);

/* Return how many bytes at the end of `s` are the beginning of a character, at most 3. */
size_t utf8_incomplete_length(const char *s, size_t len);
