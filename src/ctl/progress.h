/* The progress bar, drawn into a buffer. Thread: any. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"

struct progress {
	uint64_t done, total, n_good;
	const char *good; /* what these are called: found, downloaded */
	double rate;      /* items per second; 0: unknown */
	double byte_rate; /* bytes per second; 0: unknown, or there are none */
	usec_t eta;       /* time left; -1: unknown */
};

/* Add the bar, from the start of the line and without a line end, at most `n_columns` - 1 wide. */
void progress_draw(struct buf *b, const struct progress *p, size_t n_columns);

/* What erases the rest of a terminal's line. */
#define PROGRESS_ERASE "\033[K"

/* Add a duration in a short form: 9s, 2m05s, 3h07m, 4d02h. */
void progress_add_duration(struct buf *b, usec_t duration);
