/* Unclean ends of the store in memory. */
#include <check.h>
#include <string.h>

#include "job.h"
#include "store_private.h"

/* Has it settled? */
static bool is_innocent(struct store *store, const struct stored_note *n)
{
	const struct fake_job *j = fake_store_job_of(store, n->job_no);

	if (j == NULL)
		return store->outbox.posts[n->index - 1].is_over;
	return job_state_is_ended(j->job.state) ||
	       (j->has_result != NULL && j->has_result[n->index]);
}

static void blame(struct store *store, const struct stored_note *n)
{
	struct fake_job *j = fake_store_job_of(store, n->job_no);

	if (j == NULL)
		store->outbox.posts[n->index - 1].is_over = true;
	else
		fake_job_add_result(j, (uint32_t)n->index, ITEM_ERROR, REASON_CRASHED, "?", 1);
}

void fake_store_end_unclean(struct store *store)
{
	struct fake_watched *w = &store->watched;
	struct store_life *life = &w->life;
	size_t n_begun = 0, n = 0;

	fake_watched_end(w);
	life->n_doubts = 0;
	for (size_t i = 0; i < w->n_notes; i++) {
		if (is_innocent(store, &w->notes[i]))
			continue;
		n_begun += w->notes[i].is_begun;
		life->doubts[life->n_doubts++] = w->notes[i];
	}
	for (size_t i = 0; i < life->n_doubts; i++) {
		if (n_begun == 1 && life->doubts[i].is_begun) {
			blame(store, &life->doubts[i]);
			continue;
		}
		if (n_begun > 1 && !life->doubts[i].is_begun)
			continue;
		life->doubts[n] = life->doubts[i];
		life->doubts[n++].is_begun = false;
	}
	life->n_doubts = w->n_notes = n;
	memcpy(w->notes, life->doubts, n * sizeof(*w->notes));
	w->noted_job = w->noted_index = 0;
}
