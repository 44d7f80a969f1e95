/* Bytes as hexadecimal text. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The value of a hexadecimal digit in either case, or -1. */
int hex_value(char c);

/* Read `n_bytes` bytes from twice as many digits; false if one of them is not a digit. */
bool hex_read(const char *text, size_t n_bytes, uint8_t *ret_bytes);

/* Write `n_bytes` bytes as twice as many lower-case digits. No NUL is added. */
void hex_write(const uint8_t *bytes, size_t n_bytes, char *ret_text);
