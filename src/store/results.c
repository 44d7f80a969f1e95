/* Pages of results: what each verb takes of a walk stands in one table. */
#include "store/results.h"

#include <string.h>

#include "base/alloc.h"

enum { MOST_BLOCKS = 2000 }; /* read for one page when it takes few of their results */

struct kind {
	uint64_t (*begin)(struct store_op *op);
	bool (*is_full)(const struct store_op *op);
	void (*add)(struct store_op *op, const struct result *r);
	void (*end)(struct store_op *op, bool is_more);
};

/* --- ROWS --- */

static uint64_t begin_rows(struct store_op *op)
{
	buf_init(&op->u.rows.text, SIZE_MAX / 2);
	return op->u.rows.last = op->u.rows.after;
}

static bool is_rows_full(const struct store_op *op)
{
	const struct rows_page *page = &op->u.rows;

	return (page->limit > 0 && page->n == page->limit) || page->text.len >= page->max_bytes;
}

/* Without the records of other types. */
static void add_narrowed(struct rows_page *page, const struct result *r)
{
	struct result narrowed = *r;
	struct buf fields;

	buf_init(&fields, RESULT_MAX_FIELDS);
	result_filter_narrow(&page->filter, &narrowed, &fields);
	result_add_row(
	    &page->text, page->format, page->table, &narrowed, page->is_first && page->n == 0);
	buf_done(&fields);
}

static void add_row(struct store_op *op, const struct result *r)
{
	struct rows_page *page = &op->u.rows;

	page->last = r->seq;
	if (!result_filter_passes(&page->filter, r))
		return;
	if (page->filter.has_type)
		add_narrowed(page, r);
	else
		result_add_row(
		    &page->text, page->format, page->table, r, page->is_first && page->n == 0);
	page->n++;
}

static void end_rows(struct store_op *op, bool is_more)
{
	op->u.rows.is_more = is_more;
}

/* --- FAILED --- */

static uint64_t begin_failed(struct store_op *op)
{
	struct failed_page *page = &op->u.failed;

	chunk_init(&page->names, 0);
	page->indexes = xmalloc(page->max * sizeof(*page->indexes));
	return page->last = page->after;
}

static bool is_failed_full(const struct store_op *op)
{
	const struct failed_page *page = &op->u.failed;

	return page->n == page->max || (page->wants_names && chunk_is_full(&page->names));
}

static void add_failed(struct store_op *op, const struct result *r)
{
	struct failed_page *page = &op->u.failed;

	page->last = r->seq;
	if (page->reason != REASON_NONE ? r->reason != page->reason
					: !item_status_is_failure(r->status))
		return;
	page->indexes[page->n++] = r->index;
	if (page->wants_names)
		chunk_add(&page->names, r->name, r->name_len, r->reason != REASON_INVALID_NAME);
}

static void end_failed(struct store_op *op, bool is_more)
{
	op->u.failed.is_more = is_more;
}

/* --- FILES --- */

static uint64_t begin_files(struct store_op *op)
{
	struct files_page *page = &op->u.files;

	page->files = xcalloc(page->max, sizeof(*page->files));
	return page->last = page->after;
}

static bool is_files_full(const struct store_op *op)
{
	return op->u.files.n == op->u.files.max;
}

static char *copy_span(struct span s)
{
	return s.len > 0 ? xstrndup(s.bytes, s.len) : NULL;
}

static void add_file(struct store_op *op, const struct result *r)
{
	const struct file_result *f = &r->file;

	op->u.files.last = r->seq;
	if (!r->is_file || !f->is_saved)
		return;
	struct stored_file *file = &op->u.files.files[op->u.files.n++];
	file->name = xstrndup(f->file_name.bytes, f->file_name.len);
	file->content_type = copy_span(f->content_type);
	file->content_encoding = copy_span(f->content_encoding);
	file->n_bytes = f->n_bytes;
	file->saved_at = r->finished_at;
	memcpy(file->digest, f->digest, sizeof(file->digest));
}

static void end_files(struct store_op *op, bool is_more)
{
	op->u.files.is_more = is_more;
}

/* --- All of them --- */

static const struct kind kinds[STORE_N_VERBS] = {
    [STORE_ROWS] = {begin_rows, is_rows_full, add_row, end_rows},
    [STORE_FAILED] = {begin_failed, is_failed_full, add_failed, end_failed},
    [STORE_FILES] = {begin_files, is_files_full, add_file, end_files},
};

uint64_t results_begin(struct store_op *op)
{
	return kinds[op->verb].begin(op);
}

void results_fill(struct store_op *op, struct results_walk *walk)
{
	const struct kind *kind = &kinds[op->verb];
	struct result r;

	while (!kind->is_full(op) && walk->n_blocks <= MOST_BLOCKS && walk->next(walk, &r))
		kind->add(op, &r);
	kind->end(op, walk->seq <= walk->completed);
}
