/* Random bytes that nobody can guess. Thread: any. */
#pragma once

#include <stddef.h>

/* Fill `n` bytes from the kernel's generator. It doesn't fail: without randomness the process
 * ends. */
void random_bytes(void *ret_bytes, size_t n);
