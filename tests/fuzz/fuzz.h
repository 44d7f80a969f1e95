/* What the fuzz targets share. Each is a LLVMFuzzerTestOneInput that aborts when something does
 * not hold; libFuzzer or replay.c has the main function. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK(fact)                                                                           \
	do {                                                                                       \
		if (!(fact)) {                                                                     \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #fact);  \
			abort();                                                                   \
		}                                                                                  \
	} while (0)
