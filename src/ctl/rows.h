/* Rows of results: the stream is split into lines, which are printed, and the files that they name
 * are queued for copying. Thread: main. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/copies.h"
#include "ctl/line_reader.h"
#include "ctl/raw.h"

struct rows {
	bool is_short;         /* print rows of files in a few words instead of as NDJSON */
	bool is_hidden;        /* print nothing */
	bool is_json;          /* rows of names come as NDJSON, not as text */
	const char *status;    /* borrowed; print only rows of names with this status; NULL: all */
	bool is_sorted;        /* print them by name, in rows_finish */
	struct buf kept;       /* owned; until then */
	uint64_t n_wanted;     /* rows with the status */
	struct copies *copies; /* borrowed; NULL: none, else the rows are NDJSON */
	uint64_t n_bytes;      /* of the files in rows that were looked at */
	uint64_t last;         /* sequence number of the last row; they have no gaps */
	struct raw raw;
	struct line_reader reader;
};

enum rows_end { ROWS_GOOD, ROWS_NO_OUTPUT /* errno says why */, ROWS_UNKNOWN };

void rows_init(struct rows *rows, uint64_t last);
void rows_done(struct rows *rows);

/* Prepare for a new stream, which continues after `last`. */
void rows_begin(struct rows *rows);

/* All rows were received: print those that are sorted. */
void rows_finish(struct rows *rows);

/* Add a piece of the stream, and print and queue the rows that it completes. */
enum rows_end rows_add(struct rows *rows, const char *bytes, size_t n_bytes);
