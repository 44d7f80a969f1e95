/* Inside core/submit*.c: a submission, and what its two files do for each other: submit.c reads and
 * expands, submit_commit.c hands over to the store. Thread: loop. */
#pragma once

#include <xxhash.h>

#include "core/core_private.h"
#include "core/submit.h"

enum phase { READING, EXPANDING, DEDUPLICATING, SUBMITTING, DONE };

struct retry;

struct submission {
	struct core *core;
	struct core_opts core_opts; /* as they were at its begin: work in the pool reads them */
	struct submission_opts opts;
	struct spec spec;
	struct problem problem;
	struct intake *intake; /* owned; NULL until the spec is known */
	struct retry *retry;   /* owned; what is read in place of a body; NULL: none */
	enum phase phase;
	bool is_dry_run, is_ended, is_abandoned, is_finished, is_judged;
	bool has_piece;     /* `piece` waits to be read */
	bool is_working;    /* a step of work, or the submission itself, is under way */
	bool is_staging;    /* chunks are being stored; work may go on meanwhile */
	bool is_big;        /* steps go to the pool */
	bool is_more;       /* the step before said that there is more of its kind */
	struct buf piece;   /* of the body; all of it for JSON */
	XXH3_state_t *hash; /* owned; of query and body */
	char *key;          /* owned; NULL: none */
	struct offload_task task;
	struct defer advance;
	enum err stage_error, store_error;
	int64_t job_no;               /* of what is staged; 0: nothing */
	uint32_t next_chunk;          /* number of the next chunk */
	struct duplicate *duplicates; /* owned */
	size_t n_duplicates;
	uint64_t n_duplicates_in_all;
};

/* submit.c */
void submission_finish(struct submission *s, const struct job *job, bool is_replay);
void submission_step_ended(struct submission *s);
void submission_destroy(struct submission *s);

/* submit_commit.c: store the chunks that wait; make the job. */
void submission_stage(struct submission *s);
void submission_commit(struct submission *s);
void submission_set_store_problem(struct submission *s, enum err e);
