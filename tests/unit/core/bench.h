/* A core between a fake checker, a fake fetcher and a fake store, and submissions to it. Work given
 * to the pool is done in the loop's thread. */
#pragma once

#include "../../fake/checks.h"
#include "../../fake/fetcher.h"
#include "../../fake/runner.h"
#include "../../fake/store.h"
#include "core/core.h"
#include "intake/submit.h"
#include "jobs/suspects.h"

struct bench {
	struct loop *loop;
	struct mailbox *mailbox;
	struct offload *offload;
	struct checker *checker;
	struct fetcher *fetcher;
	struct store *store;
	struct core *core;
	struct core_opts opts;
	const char *owner; /* of the keys of what is submitted; NULL: none */
	usec_t patience;   /* with suspects, from the next crash on; an hour at first */
};

/* `room`: checks at one time, and fetches. Flags are at the servers `REMOTE`, which is the default,
 * and `Local`. */
void bench_begin(struct bench *b, size_t room);
void bench_end(struct bench *b);

/* End the core in the middle of its work and start it anew on what the store has completed. */
void bench_crash(struct bench *b);

/* The same, and the store takes it for an unclean end. */
void bench_die(struct bench *b);
/* Have `n` items of the only job in flight at two such ends; `n` is at most the checker's room. */
void bench_die_twice(struct bench *b, size_t n);

/* What became of a submission. */
struct outcome {
	unsigned n_calls;
	int status; /* of the problem; 0: none */
	char pointer[32];
	bool has_job, is_replay;
	struct id id;
	uint64_t total, duplicates, invalid, n_first;
};

/* Submit a body, in pieces of at most 50,000 bytes, and wait for the outcome. `query` has names and
 * values by turns, ended by NULL; NULL: none. */
struct outcome bench_submit(struct bench *b, enum submission_body body, const char *text,
    const char *key, const char *const *query);

/* Submit the `n` names `prefix`0.test and so on, without waiting for more than the acknowledgement.
 */
struct id bench_submit_many(struct bench *b, const char *prefix, size_t n);

/* Submit a JSON body that is right. */
struct id bench_submit_json(struct bench *b, const char *json);

/* Ask for the end of a job; what becomes of it is not looked at. */
void bench_cancel(struct bench *b, const struct id *id);

/* Run until the i-th job of the store has ended, and check that it is done and each item has one
 * result. */
void bench_finish(struct bench *b, size_t i);

/* Run until `n` results of the i-th job are committed. */
void bench_wait_results(struct bench *b, size_t i, size_t n);

/* Run until `n` checks were started in all. */
void bench_wait_started(struct bench *b, size_t n);

/* As bench_submit_many, with the `n` URLs of files `prefix`0 and so on. `query`: more than the
 * kind, as bench_submit. */
struct id bench_submit_urls(
    struct bench *b, const char *prefix, size_t n, const char *const *query);

/* Run until `n` fetches were started in all. */
void bench_wait_fetches(struct bench *b, size_t n);
