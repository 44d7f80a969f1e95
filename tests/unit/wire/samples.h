/* Results of every shape, for the tests of their forms. */
#pragma once

#include <stddef.h>

#include "model/result.h"

enum { N_SAMPLES = 10, N_FILE_SAMPLES = 7 };

/* Return sample `i`, which is below N_SAMPLES; its seq is i + 1. */
struct result sample_result(size_t i);

/* Return the sample `i` of a file, which is below N_FILE_SAMPLES; its seq is i + 1. */
struct result sample_file(size_t i);
