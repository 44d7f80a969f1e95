/* Arguments and results of operations that read the results of a job. Thread: any (one at a time).
 */
#pragma once

#include "store/stored.h"
#include "wire/result_filter.h"
#include "wire/result_text.h"

/* Results behind `after`, as text. */
struct rows_page {
	uint64_t after, limit; /* limit 0: none */
	size_t max_bytes;      /* enough is read once `text` holds this much */
	enum result_format format;
	const struct row_table *table; /* of the job's kind */
	struct result_filter filter;
	bool is_first;    /* no row was written before */
	uint64_t n, last; /* out: rows; read up to this number */
	bool is_more;     /* out: it stopped before the end of what is committed */
	struct buf text;  /* owned, out */
};

/* Items behind result `after` that failed, or those with this reason, in the order in which they
 * ended. */
struct failed_page {
	enum reason reason; /* NONE: those that failed */
	uint64_t after;
	uint32_t max;
	bool wants_names;
	size_t n;
	uint32_t *indexes;  /* owned, out */
	struct chunk names; /* owned, out: theirs, as many as fit in a chunk */
	uint64_t last;      /* out: read up to this number */
	bool is_more;       /* out */
};

/* Saved files: the one called `name`, or `max` of those behind `after`. */
struct files_page {
	char *name; /* owned; NULL: many */
	uint64_t after;
	uint32_t max, n;           /* n: out */
	struct stored_file *files; /* owned, out */
	uint64_t last;             /* out: read up to this number */
	bool is_more;              /* out */
};

/* Input that is not worked on yet: up to `max` chunks from number `from` on. */
struct chunks_page {
	uint32_t from, max;
	bool has_aliases;
	bool with_kept;      /* also those that are finished and kept */
	int64_t schedule_no; /* add what it has of their targets (copies.c); 0: nothing */
	size_t n;
	struct stored_chunk *chunks; /* owned, out */
};

/* Ids, of which only those that are no jobs are left. */
struct unknown_ids {
	struct id *ids; /* owned */
	size_t n;
};

/* Jobs that have files, in; out: those that this database does not know, and all that it knows to
 * be removed, whether or not they have files. */
struct folders_page {
	struct id *ids; /* owned */
	size_t n;
	struct id *removed; /* owned */
	size_t n_removed;
};
