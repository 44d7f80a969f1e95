/* Cryptographically secure random bytes. Thread: any. */
#pragma once

#include <stddef.h>

/* Fill `n` bytes from the kernel's generator. The process ends if there is no randomness. */
void random_bytes(void *ret_bytes, size_t n);
