/* UTF-8 (RFC 3629). Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Length of the character at `s`, or 0 when the bytes there are none. `len` is at least 1. */
size_t utf8_length(const char *s, size_t len);

/* Say whether the character of `n` bytes at `s` is a control character: C0, delete or C1. */
bool utf8_is_control(const char *s, size_t n);
