/* What may be asked of the store: operations, handed over with store_start and given back done.
 * Thread: whoever has it. */
#pragma once

#include <sys/queue.h>

#include "base/err.h"
#include "model/job.h"
#include "store/stored.h"
#include "wire/result_text.h"

enum store_verb {
	/* writes */
	STORE_STAGE,   /* keep input before its job is submitted; a crash forgets it */
	STORE_SUBMIT,  /* make the job, with the input that is still missing */
	STORE_UNSTAGE, /* forget staged input */
	STORE_PUT,     /* results, finished chunks and the state of a job, in one */
	STORE_COPY,    /* give aliases the results of their first items */
	STORE_DELETE,  /* forget a job; its rows go in small slices later */
	STORE_RETIRE,  /* forget jobs that ended long ago; as DELETE */
	/* reads */
	STORE_CLAIM,   /* input not worked on yet */
	STORE_LOAD,    /* one job by id */
	STORE_LIST,    /* jobs, newest first */
	STORE_ROWS,    /* results as text */
	STORE_DONE,    /* items of a job that have a result behind low_seq */
	STORE_FILES,   /* saved files, one by name or many in order of completion */
	STORE_UNKNOWN, /* which of some ids are no jobs */
};

struct store_op {
	STAILQ_ENTRY(store_op) link;
	enum store_verb verb;
	enum err err;                         /* out */
	void (*on_done)(struct store_op *op); /* loop; once; the store frees it afterwards */
	void *arg;
	int64_t job_no; /* in; STAGE: 0 at first, then out; SUBMIT: that of STAGE or 0 */
	union {
		/* STAGE and SUBMIT. ERR_CONFLICT: the key was used with another fingerprint. */
		struct {
			size_t n_chunks, n_aliases;
			struct stored_chunk *chunks; /* owned */
			struct alias *aliases;       /* owned */
			uint64_t n_aliases_in_all;   /* SUBMIT: also those staged before */
			struct job job; /* SUBMIT; out: with its no, or that of the key */
			struct idempotency idempotency;
			bool is_replay; /* out: the key was known */
		} input;
		/* PUT. ERR_NOT_FOUND: the job was deleted. */
		struct {
			uint32_t n;                       /* records in `block` */
			struct buf block;                 /* wire/record.h */
			uint64_t counts[ITEM_N_STATUSES]; /* of this block */
			size_t n_chunks;
			uint32_t *chunks; /* owned: numbers of chunks that are finished now */
			uint64_t low_seq; /* results of chunks still open lie behind this number */
			bool has_aliases, has_files;
			enum job_state state;
			usec_t started_at, finished_at;
			uint64_t completed; /* out: results in all */
		} put;
		/* COPY: at most `max` aliases, in order. */
		struct {
			uint32_t max, n; /* n: out */
			uint64_t counts[ITEM_N_STATUSES];
			uint64_t completed; /* out: results in all */
		} copy;
		/* RETIRE: of the jobs that ended before `before`, those first that ended first */
		struct {
			usec_t before;    /* wall */
			uint64_t n_bytes; /* only until about as many come free; 0: no such end */
			uint64_t n_freed; /* out: how many that is; not told without n_bytes */
			uint32_t max, n;  /* n: out */
			struct retired_job *jobs; /* owned, out */
			bool is_more;             /* out: there are more */
		} retire;
		/* CLAIM: up to `max` chunks from number `from` on. */
		struct {
			uint32_t from, max;
			bool has_aliases;
			size_t n, n_skip;
			struct stored_chunk *chunks; /* owned, out */
			uint32_t *skip;              /* owned, out: aliases among them, ascending */
		} claim;
		/* LOAD: ERR_NOT_FOUND. */
		struct job job; /* in: id */
		/* LIST: jobs with an id below `before`; ids sort by the time of submission. */
		struct {
			struct id before;
			bool has_state, has_kind;
			enum job_state state;
			enum job_kind kind;
			uint32_t limit, n; /* n: out */
			struct job *jobs;  /* owned, out */
			bool is_more;      /* out */
		} list;
		/* ROWS: results behind `after`, as text. */
		struct {
			uint64_t after, limit; /* limit 0: none */
			size_t max_bytes;      /* enough is read once `text` holds this much */
			enum result_format format;
			bool has_status;
			enum item_status status;
			bool is_first;    /* no row was written before */
			uint64_t n, last; /* out: rows; read up to this number */
			bool is_more;     /* out: it stopped before the end of what is committed */
			struct buf text;  /* owned, out */
		} rows;
		/* FILES: the one called `name` (ERR_NOT_FOUND), or `max` of those behind `after` */
		struct {
			char *name; /* owned; NULL: many */
			uint64_t after;
			uint32_t max, n;           /* n: out */
			struct stored_file *files; /* owned, out */
			uint64_t last;             /* out: read up to this number */
			bool is_more;              /* out */
		} files;
		/* UNKNOWN */
		struct {
			struct id *ids; /* owned; out: only those that are no jobs */
			size_t n;
		} ids;
		/* DONE */
		struct {
			uint64_t low_seq;
			uint32_t *indexes; /* owned, out: ascending */
			size_t n;
		} done;
	} u;
};
