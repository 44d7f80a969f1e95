/* The last copies of a schedule's targets: with `keep: last` those before go, and with `if_changed`
 * a run is told what the server said of them. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/file_copy.h"
#include "model/result.h"
#include "model/tagged.h"
#include "sqlite/verbs.h"

static void bind_span(sqlite3_stmt *s, int place, struct span text)
{
	sqlite3_bind_text(
	    s, place, text.bytes != NULL ? text.bytes : "", (int)text.len, SQLITE_STATIC);
}

static void add_stale(struct run_changes *changes, const struct id *job, const char *name)
{
	changes->stale = xrealloc(changes->stale, (changes->n_stale + 1) * sizeof(*changes->stale));
	changes->stale[changes->n_stale++] =
	    (struct stale_file){.job = *job, .name = xstrdup(name)};
}

/* The copies of earlier runs are files of their jobs no more, and are removed after the commit. A
 * crash in between leaves them until their jobs are removed. */
static enum err drop_old_files(struct db *db, struct store_op *op, struct span target)
{
	struct run_changes *changes = &op->u.put.changes;
	sqlite3_stmt *s = QUERY(db, STATEMENT_SELECT_OLD_COPIES, changes->schedule_no);
	enum err e = OK;
	int code = SQLITE_DONE;

	bind_span(s, 2, target);
	BIND(s, 3, op->job_no);
	while (e == OK && (code = sqlite3_step(s)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(s, 0);
		struct id job;
		if (name == NULL || *name == '\0') /* it was not saved */
			continue;
		db_read_id(s, 2, &job);
		add_stale(changes, &job, name);
		sqlite3_stmt *d = QUERY(db, STATEMENT_DELETE_FILE, sqlite3_column_int64(s, 1));
		sqlite3_bind_text(d, 2, name, -1, SQLITE_STATIC);
		e = db_run(db, d);
	}
	sqlite3_reset(s);
	return e != OK || code == SQLITE_DONE ? e : db_error(db, code);
}

static enum err put_copy(struct db *db, struct store_op *op, const struct result *r)
{
	const struct run_changes *changes = &op->u.put.changes;
	sqlite3_stmt *s = QUERY(db, STATEMENT_PUT_COPY, changes->schedule_no);
	struct buf known;

	buf_init(&known, FILE_ITEM_MAX);
	(void)file_copy_add(&known, &changes->job, r);
	bind_span(s, 2, finding_target(r));
	BIND(s, 3, op->job_no);
	bind_span(s, 4, r->file.is_saved ? r->file.file_name : (struct span){0});
	db_bind_id(s, 5, &changes->job);
	sqlite3_bind_blob64(s, 6, known.data, known.overflow ? 0 : known.len, SQLITE_STATIC);
	enum err e = db_run(db, s);
	buf_done(&known);
	return e;
}

enum err db_note_copy(struct db *db, struct store_op *op, const struct result *r)
{
	struct span target = finding_target(r);
	uint64_t keeps = 0, asked = 0;
	bool keeps_last = tagged_find_number(r->tagged, RESULT_KEEPS_LAST, &keeps);
	bool is_asked = tagged_find_number(r->tagged, RESULT_ASKED, &asked);
	uint8_t digest[FILE_DIGEST_SIZE];
	enum err e = OK;

	if (!r->is_file || !(keeps_last || is_asked) || !result_digest(r, digest))
		return OK;
	if (keeps_last)
		e = drop_old_files(db, op, target);
	if (e != OK)
		return e;
	sqlite3_stmt *s = QUERY(db, STATEMENT_DELETE_OLD_COPIES, op->u.put.changes.schedule_no);
	bind_span(s, 2, target);
	BIND(s, 3, op->job_no);
	e = db_run(db, s);
	return e == OK ? put_copy(db, op, r) : e;
}

/* Add what is known of the last copy to an item that asks for it. */
static enum err add_copy(
    struct db *db, int64_t schedule_no, struct file_item *item, struct buf *text)
{
	sqlite3_stmt *s = QUERY(db, STATEMENT_FIND_COPY, schedule_no);

	bind_span(s, 2, item->url);
	int code = sqlite3_step(s);
	if (code == SQLITE_ROW) {
		item->copy =
		    (struct span){sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0)};
		buf_clear(text);
		file_item_add(text, item);
	}
	sqlite3_reset(s);
	return code == SQLITE_ROW || code == SQLITE_DONE ? OK : db_error(db, code);
}

enum err db_add_copies(struct db *db, int64_t schedule_no, struct chunk *chunk)
{
	struct chunk with_copies;
	struct chunk_item in;
	struct file_item item;
	struct buf text;
	size_t offset = 0;
	enum err e = OK;

	chunk_init(&with_copies, chunk->first);
	buf_init(&with_copies.bytes, chunk->bytes.len + CHUNK_ITEMS * 2 * (size_t)FILE_ITEM_MAX);
	buf_init(&text, 2 * FILE_ITEM_MAX);
	while (e == OK && chunk_next(chunk, &offset, &in)) {
		buf_clear(&text);
		if (in.is_valid && file_item_read(in.text, in.len, &item) &&
		    item.options.if_changed)
			e = add_copy(db, schedule_no, &item, &text);
		bool has_copy = text.len > 0 && text.len <= CHUNK_MAX_TEXT;
		chunk_add(&with_copies, has_copy ? text.data : in.text,
		    has_copy ? text.len : in.len, in.is_valid);
	}
	buf_done(&text);
	if (e == OK && offset == chunk->bytes.len) {
		chunk_done(chunk);
		*chunk = with_copies;
	} else { /* damaged input shows itself where it is worked on */
		chunk_done(&with_copies);
	}
	return e;
}
