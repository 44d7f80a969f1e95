/* Inside intake: a submission, and what the files offer each other. submit.c reads and expands,
 * submit_commit.c stores, retry.c is a source. Thread: loop. */
#pragma once

#include <xxhash.h>

#include "intake/submit.h"
#include "jobs/context.h"

enum submission_state {
	OPENING, /* what is asked for isn't known yet */
	READING,
	EXPANDING,
	DEDUPLICATING,
	SUBMITTING,
	ENDED,    /* on_done was called */
	ABANDONED /* freed by its owner; what is under way comes to its end */
};

struct submission;

/* What is read in place of a body, a page at a time. */
struct submission_source {
	/* Is there a page that waits for `read`? */
	bool (*has_page)(const struct submission *s);
	/* Fetch the next page; the submission's step ends when it is there. False: all was read, or
	 * a problem is set because something is missing. */
	bool (*ask)(struct submission *s);
	void (*read)(struct submission *s); /* read the page. Thread: any; a step of work */
	void (*free)(void *data);
};

struct submission {
	struct core *core;
	struct core_opts core_opts; /* a copy, since work in the pool reads it */
	struct submission_opts opts;
	struct spec spec;
	struct problem problem;
	struct intake *intake;                  /* owned; NULL until the spec is known */
	const struct submission_source *source; /* borrowed; NULL: it has a body */
	void *source_data;                      /* owned */
	struct id retry_of;                     /* zeros: of no job */
	enum submission_state state;            /* set by submission_set_state */
	bool is_dry_run;
	void *plan;         /* owned, of the core's planner; NULL: none */
	bool has_all;       /* the body is complete */
	bool is_working;    /* a step of work, or the last operation, is under way */
	bool is_staging;    /* chunks are being stored; work may go on meanwhile */
	bool is_more;       /* the last step left some of its work */
	struct buf piece;   /* of the body, not read yet; all of it for JSON */
	XXH3_state_t *hash; /* owned; of query and body */
	char *key;          /* owned; NULL: none */
	void (*step)(struct submission *s); /* the work under way */
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
void submission_set_state(struct submission *s, enum submission_state state);
void submission_finish(struct submission *s, const struct job *job, bool is_replay);
void submission_step_ended(struct submission *s);
void submission_destroy(struct submission *s);

/* submit_commit.c: store the chunks that wait; make the job. */
void submission_stage(struct submission *s);
void submission_commit(struct submission *s);
/* A dry run: count what its chunks would need, and drop them. */
void submission_plan(struct submission *s);
void submission_set_store_problem(struct submission *s, enum err e);
