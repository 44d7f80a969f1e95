/* Results of words under TLDs as a grid: a row a word, a column a TLD. Results come in the order in
 * which items ended, so a grid is made window by window: some thousand rows are kept, the results
 * are read until all of these are known or at their end, the rows are written, and the next window
 * follows. However many rows there are, it takes GRID_BYTES. Thread: any (one at a time). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "model/check_spec.h"
#include "model/result.h"

enum { GRID_BYTES = 4 << 20 /* of a window and its text, about */ };

struct grid;

struct grid_opts {
	struct grid_place place;
	bool is_csv, is_safe;    /* CSV, in which no cell is a formula; or else text */
	bool has_status;         /* show only cells with `status`, and rows that have one */
	enum item_status status; /* likewise */
	size_t max_rows;         /* of a window; 0: as GRID_BYTES allow */
};

struct grid *grid_new(const struct grid_opts *opts);
void grid_free(struct grid *grid);

/* Add a result in the form that grid_read takes. */
void grid_add_result(struct buf *b, const struct result *r);

/* Read results, in the order of their sequence numbers. */
void grid_read(struct grid *grid, const char *bytes, size_t n_bytes);

/* Say whether all cells of the window are known, so that no more needs to be read for it. */
bool grid_is_full(const struct grid *grid);

/* Write the rows of the window, the head before the first, and go on to the next. Rows without any
 * result are left out, cells without one are empty. False: that was the last. Otherwise results
 * must be read again from behind `*ret_after`. */
bool grid_write(struct grid *grid, struct buf *out, uint64_t *ret_after);
