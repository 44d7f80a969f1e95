/* What the life-time of jobs asks of the database: to pause, and to find what failed and its input
 * again. */
#include "base/alloc.h"
#include "sqlite/block.h"
#include "sqlite/verbs.h"

enum err db_pause(struct db *db, struct store_op *op)
{
	enum err e = RUN(db, STATEMENT_PAUSE_JOB, op->job_no, op->u.is_paused);
	return e == OK && sqlite3_changes(db->handle) == 0 ? ERR_NOT_FOUND : e;
}

enum err db_read_failed(struct db *db, struct store_op *op)
{
	enum { MOST_BLOCKS = 2000 }; /* looked through in one go when few failed */
	struct failed_page *page = &op->u.failed;
	struct walk w;
	struct result r;

	chunk_init(&page->names, 0);
	page->indexes = xmalloc(page->max * sizeof(*page->indexes));
	page->last = page->after;
	enum err e = db_walk_begin(&w, db, op->job_no, page->after);
	if (e != OK)
		return e;
	while (page->n < page->max && !(page->wants_names && chunk_is_full(&page->names)) &&
	       w.n_blocks <= MOST_BLOCKS && db_walk_next(&w, &r)) {
		page->last = r.seq;
		if (r.status != ITEM_ERROR)
			continue;
		page->indexes[page->n++] = r.index;
		if (page->wants_names)
			chunk_add(
			    &page->names, r.name, r.name_len, r.reason != REASON_INVALID_NAME);
	}
	page->is_more = w.seq <= w.completed;
	return db_walk_end(&w, op);
}
