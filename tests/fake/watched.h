/* What the fake store (store.h) is told after unclean ends, and what a start makes of it; as
 * sqlite/unclean.c. Thread: loop. */
#pragma once

#include "store/store.h"

enum { FAKE_MAX_WATCHED = 256 };

struct fake_watched {
	struct store_life life;
	size_t n;
	struct fake_watch {
		int64_t job_no, no;
		uint32_t n_ends, n_begun;
		bool is_open;
	} rows[FAKE_MAX_WATCHED];
	size_t n_notes;
	struct stored_note notes[STORE_MAX_NOTES]; /* those that are begun come first */
	int64_t noted_job, noted_index;            /* the latest; 0: none is begun */
};

/* The verbs WATCH and NOTE. */
void fake_watched_write(struct fake_watched *w, const struct store_op *op);

/* Tell which rows of the outbox are suspect, and leave them out when they aren't wanted. */
void fake_watched_judge(const struct fake_watched *w, struct stored_outbox *outbox);

uint32_t fake_watched_suspects(const struct fake_watched *w, int64_t job_no, int64_t no);
const struct fake_watch *fake_watched_find(
    const struct fake_watched *w, int64_t job_no, int64_t no); /* NULL: none */
void fake_watched_forget(struct fake_watched *w, int64_t job_no, int64_t no);

/* Count an unclean end. */
void fake_watched_end(struct fake_watched *w);
