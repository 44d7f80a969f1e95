/* A submission on its way from the bytes of a request to a committed job. Long bodies are read in
 * pieces by the offload pool, and their chunks staged in the store as they come, so memory doesn't
 * grow with the list; the job appears, whole, in one transaction at the end. Thread: loop. */
#pragma once

#include "intake/intake.h"
#include "jobs/jobs.h"
#include "store/schedule_op.h"
#include "wire/problem.h"

struct submission;

enum submission_body { BODY_JSON, BODY_TEXT, BODY_NDJSON };

/* The schedule that makes it, and which of its due times it serves. */
struct submission_run {
	int64_t no; /* 0: nobody's */
	struct id id;
	struct due_time due; /* served_until 0: none */
};

/* What became of it; borrowed until the callback returns. */
struct submission_outcome {
	struct problem *problem; /* status 0: none */
	enum err err;            /* the store's, when that is why there is a problem */
	const struct job *job;   /* the committed job; NULL with a problem or for a dry run */
	bool is_replay;          /* the job was made before, with the same idempotency key */
	/* without a problem: */
	const struct spec *spec;
	uint64_t total, duplicates, invalid;
	const struct chunk *first; /* the first names */
};

struct submission_events {
	void (*on_ready)(void *arg); /* the piece given was read; the next may come */
	/* Called once; never before submission_end returned, unless there is a problem. */
	void (*on_done)(const struct submission_outcome *outcome, void *arg);
	void *arg;
};

struct submission_opts {
	enum submission_body body;
	const char *idempotency_key; /* borrowed for the call; NULL: none */
	const char *owner; /* borrowed for the call; whose key it is; NULL: all share it */
	size_t max_json;   /* bytes of a JSON body, which must be held as a whole */
	struct submission_run run;
	struct submission_events events;
};

struct submission *submission_new(struct core *core, const struct submission_opts *opts);

/* Submit the items of `job`, which has ended, whose status is error, with its parameters, label and
 * callback. It reads by itself: neither set, fed nor ended. on_done has a problem of 404 when the
 * job is deleted meanwhile, of 409 when its input isn't there any more. */
struct submission *submission_new_retry(
    struct core *core, const struct job *job, const struct submission_events *events);

/* Give it up at any time, without a call; what was staged is forgotten. Also frees it after
 * on_done. */
void submission_free(struct submission *s);

/* Set a field from the query; `dry_run` too. */
void submission_set(struct submission *s, const char *name, const char *value);

/* Read a piece of the body (copied). Only while none is being read: see on_ready. */
void submission_feed(struct submission *s, const char *bytes, size_t n_bytes);
bool submission_is_busy(const struct submission *s);

/* How many names of files it holds so that they are unique, of up to 32 bytes each; while it is not
 * busy. */
uint64_t submission_n_file_names(const struct submission *s);

/* The body is complete. */
void submission_end(struct submission *s);
