/* See watched.h. */
#include "watched.h"

#include <check.h>
#include <string.h>

const struct fake_watch *fake_watched_find(const struct fake_watched *w, int64_t job_no, int64_t no)
{
	for (size_t i = 0; i < w->n; i++) {
		if (w->rows[i].job_no == job_no && w->rows[i].no == no)
			return &w->rows[i];
	}
	return NULL;
}

uint32_t fake_watched_suspects(const struct fake_watched *w, int64_t job_no, int64_t no)
{
	const struct fake_watch *row = fake_watched_find(w, job_no, no);

	return row != NULL && row->n_ends >= CAREFUL_ENDS ? row->n_begun : 0;
}

void fake_watched_forget(struct fake_watched *w, int64_t job_no, int64_t no)
{
	const struct fake_watch *row = fake_watched_find(w, job_no, no);

	if (row != NULL)
		w->rows[row - w->rows] = w->rows[--w->n];
}

void fake_watched_write(struct fake_watched *w, const struct store_op *op)
{
	if (op->verb == STORE_NOTE) {
		bool is_any = op->u.notes.n > 0 && op->u.notes.all[0].is_begun;
		w->noted_job = is_any ? op->u.notes.all[0].job_no : 0;
		w->noted_index = is_any ? op->u.notes.all[0].index : 0;
		w->n_notes = op->u.notes.n;
		memcpy(w->notes, op->u.notes.all, w->n_notes * sizeof(*w->notes));
		return;
	}
	const struct stored_watch *in = &op->u.watch;
	const struct fake_watch *row = fake_watched_find(w, op->job_no, in->no);
	ck_assert_msg(row == NULL || !row->is_open || row->n_begun < in->n_begun, "told twice");
	ck_assert_uint_lt(w->n, FAKE_MAX_WATCHED);
	struct fake_watch *to = row != NULL ? &w->rows[row - w->rows] : &w->rows[w->n++];
	*to = (struct fake_watch){
	    op->job_no, in->no, row != NULL ? row->n_ends : in->n_ends, in->n_begun, true};
}

void fake_watched_judge(const struct fake_watched *w, struct stored_outbox *o)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < o->n; i++) {
		o->posts[i].is_suspect = fake_watched_suspects(w, 0, o->posts[i].no) > 0;
		if (o->posts[i].is_suspect && o->without_suspects)
			stored_post_done(&o->posts[i]);
		else
			o->posts[n++] = o->posts[i];
	}
	o->n = n;
}

void fake_watched_end(struct fake_watched *w)
{
	w->life.n_unclean++;
	w->life.n_suspects = 0;
	for (size_t i = 0; i < w->n;) {
		struct fake_watch *row = &w->rows[i];
		if (!row->is_open && row->n_ends < CAREFUL_ENDS) {
			*row = w->rows[--w->n];
			continue;
		}
		row->n_ends += row->is_open ? 1 : 0;
		row->is_open = false;
		w->life.n_suspects += row->n_ends >= CAREFUL_ENDS;
		i++;
	}
}
