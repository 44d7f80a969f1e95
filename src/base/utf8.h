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

/* Whether the character of `n` bytes at `s` is unsafe to show or to use in file names: control
 * characters, line separators, invisible characters, and characters that change the direction of
 * text. */
bool utf8_is_unsafe(const char *s, size_t n);

/* Return the length of the unsafe character at `s`, 1 for an invalid byte, or 0 if the character is
 * safe. `len` is at least 1. */
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
