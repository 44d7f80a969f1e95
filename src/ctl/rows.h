/* Rows of results: pieces of a stream put together to whole lines, printed, and the files that they
 * name planned for copying. Thread: main. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "ctl/copies.h"
#include "ctl/raw.h"

struct rows {
	bool is_for_people;    /* rows of files, told in a few words instead of as NDJSON */
	bool is_hidden;        /* not printed at all */
	struct copies *copies; /* borrowed; NULL: none, else the rows are NDJSON */
	uint64_t last;         /* sequence number of the last row; there is no gap in them */
	struct raw raw;
	struct buf rest; /* the start of a line whose end has not come */
};

enum rows_end { ROWS_GOOD, ROWS_NO_OUTPUT /* errno says why */, ROWS_STRANGE };

void rows_init(struct rows *rows, uint64_t last);
void rows_done(struct rows *rows);

/* A new stream begins behind `last`. */
void rows_begin(struct rows *rows);

/* Print and plan the rows that are whole with these bytes. */
enum rows_end rows_take(struct rows *rows, const char *bytes, size_t n_bytes);
