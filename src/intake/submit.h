/* A submission: from the bytes of a request to a committed job. Long bodies are read in pieces by
 * the offload pool, and their chunks are staged in the store as they come, so memory does not grow
 * with the list. The whole job appears in one transaction at the end. Thread: loop. */
#pragma once

#include "intake/intake.h"
#include "jobs/jobs.h"
#include "store/schedule_op.h"
#include "wire/problem.h"

struct submission;

enum submission_body { BODY_JSON, BODY_TEXT, BODY_NDJSON };

/* The schedule that makes it, and the due time that it serves. */
struct submission_run {
	int64_t no; /* 0: none */
	struct id id;
	struct due_time due; /* served_until 0: none */
};

/* The outcome; borrowed until the callback returns. */
struct submission_outcome {
	struct problem *problem; /* status 0: none */
	enum err err;            /* the store's, when that is why there is a problem */
	const struct job *job;   /* the committed job; NULL with a problem or for a dry run */
	bool is_replay;          /* the job was made before, with the same idempotency key */
	/* without a problem: */
	const struct spec *spec;
	uint64_t total, duplicates, invalid;
	const struct chunk *first; /* the first names */
	struct span plan;          /* of a dry run: members of a JSON object; empty: none */
};

struct submission_events {
	void (*on_ready)(void *arg); /* the piece given was read; the next may come */
	/* Called once, in a later turn of the loop. It may come before submission_end if there is a
	 * problem. */
	void (*on_done)(const struct submission_outcome *outcome, void *arg);
	void *arg;
};

struct submission_opts {
	enum submission_body body;
	const char *idempotency_key; /* borrowed for the call; NULL: none */
	const char *owner; /* borrowed for the call; whose key it is; NULL: all share it */
	size_t max_json;   /* bytes of a JSON body, which must be held as a whole */
	struct submission_run run;
	bool is_template; /* a schedule will make jobs of it */
	struct submission_events events;
};

struct submission *submission_new(struct core *core, const struct submission_opts *opts);

/* Submit the items of the ended `job` whose status is error, with its parameters, label and
 * callback. It reads them by itself: do not call submission_set, _feed or _end. Of `opts` only the
 * key, the owner and the events count. The problem is 404 if the job is deleted meanwhile, 409 if
 * its input is no longer available. */
struct submission *submission_new_retry(
    struct core *core, const struct job *job, const struct submission_opts *opts);

/* Likewise the names of an ended job that checked registrations for which RDAP was not asked, to
 * ask it. 409: there are none. */
struct submission *submission_new_confirm(
    struct core *core, const struct job *job, const struct submission_opts *opts);

/* Free it, at any time: on_done is not called any more, and what was staged is dropped. */
void submission_free(struct submission *s);

/* Set a field from the query; `dry_run` too. */
void submission_set(struct submission *s, const char *name, const char *value);

/* Read a piece of the body (copied). Only while none is being read: see on_ready. */
void submission_feed(struct submission *s, const char *bytes, size_t n_bytes);
bool submission_is_busy(const struct submission *s);

/* Return how many file names it holds to keep them unique, of up to 32 bytes each. Only while it is
 * not busy. */
uint64_t submission_n_file_names(const struct submission *s);

/* The body is complete. */
void submission_end(struct submission *s);
