/* SHA-256 of files that are there already. Thread: main; it blocks. */
#pragma once

#include <stdbool.h>

/* Say whether the rest of the file open as `fd` has the digest, 64 lower-case hexadecimal digits.
 */
bool sum_matches(int fd, const char *hex);
