/* Bytes inside something else: borrowed, not terminated. Thread: any. */
#pragma once

#include <stddef.h>

struct span {
	const char *bytes;
	size_t len;
};
