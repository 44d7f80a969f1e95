/* Unsigned numbers as LEB128: seven bits a byte, the lowest first, the highest bit set on all bytes
 * but the last. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { VARINT_MAX = 10 }; /* bytes of the longest */

/* Write `value` at `at`, where there is room for VARINT_MAX bytes; returns the end. */
char *varint_put(char *at, uint64_t value);

/* Read the number at `*at` and move `*at` behind it. False when the bytes end before it does, or it
 * has more than 64 bits. */
bool varint_get(const uint8_t **at, const uint8_t *end, uint64_t *ret_value);
