/* What the store knows of the daemons before this one. Thread: loop. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model/job.h"
#include "store/stored.h"

/* An end without store_end_clean is unclean: a crash, a kill, a power cut. After one, the daemon
 * tells the store what it begins (STORE_WATCH: chunks, rows of the outbox). What was open at
 * CAREFUL_ENDS of them in a row is suspect: its items, or the callback, begin after a STORE_NOTE of
 * them was committed. What alone was noted at an unclean end, and has no result, is taken for its
 * cause: the next store_open gives the item the result error, crashed, or drops the row of the
 * outbox. If several were noted, those and no others are in doubt from then on: the cause is to be
 * found among them the next time. */
enum { CAREFUL_ENDS = 2 };
struct store_life {
	bool is_known; /* false: the database could not be written; then nothing else is told */
	uint32_t n_unclean;  /* in a row, before this start */
	uint64_t n_suspects; /* chunks and callbacks */
	enum { CRASHED_NOTHING, CRASHED_ITEM, CRASHED_POST } crashed;
	struct id crashed_id; /* of the job, or of the callback */
	enum job_kind crashed_kind;
	uint32_t crashed_index; /* of the item in its job */
	size_t n_doubts;
	struct stored_note doubts[STORE_MAX_NOTES];
};

/* A job that had not ended when the store was opened. */
struct unfinished_job {
	struct job job;
	uint64_t n_aliases; /* not copied yet */
	uint32_t next_chunk;
};
