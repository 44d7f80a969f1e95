/* Results as the API shows them: JSON rows, CSV (RFC 4180), the lines of the original programs,
 * server-sent events (WHATWG HTML section 9.2). Written by hand: a tree of JSON values a row costs
 * twenty times as much. Thread: any. */
#pragma once

#include "base/buf.h"
#include "model/result.h"
#include "model/spec.h"

enum result_format {
	FORMAT_NDJSON, /* a JSON object a line */
	FORMAT_JSON,   /* a page: {"results":[...],"next":SEQ} */
	FORMAT_CSV,
	FORMAT_TEXT, /* domains: `+ name` found, `  name` doesn't exist, `- name` exists and has no
			address, `? name REASON` error; files: `NAME OK`, `NAME not found`, `NAME
			error: REASON`, flags by their codes */
	FORMAT_CSV_SAFE, /* CSV in which no cell is a formula to a spreadsheet */
	FORMAT_GRID,     /* for grid_read (wire/grid.h) */
	FORMAT_EVENTS,   /* server-sent events named `result` */
	N_FORMATS
};

/* Result rows as JSON, CSV and text. Files have one table of fields, names one for each check. */
struct row_table;
const struct row_table *row_table_of(enum job_kind kind, enum job_check check);

/* Add the text before the first row, or after the last one; `next` is the sequence number to
 * continue after. */
void result_add_head(struct buf *b, enum result_format format, const struct row_table *table);
void result_add_tail(struct buf *b, enum result_format format, uint64_t next);

/* Add one row; `is_first` tells whether it is the first behind the head. */
void result_add_row(struct buf *b, enum result_format format, const struct row_table *table,
    const struct result *r, bool is_first);
