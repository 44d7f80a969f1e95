/* Hosts with transfers that do nothing but wait and run, for tests of their turns. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "../../fake/dns.h"
#include "../../fake/race.h"
#include "../../fake/runner.h"
#include "fetch/origin.h"

enum { MAX_TICKETS = 4000 };

struct bench;

struct run {
	struct ticket ticket; /* first */
	struct bench *bench;
	unsigned n_starts, n_failures;
	enum reason reason;
	char detail[128];
	bool was_attempt;
	usec_t at;             /* of its start */
	bool is_over_at_start; /* it ends as soon as it has begun */
	struct run *next;      /* queued at later.test when this one fails */
};

struct bench {
	struct loop *loop;
	struct fake_dns *dns;
	struct checker *checker;
	struct origins *origins;
	size_t n_runs, n_started, n_failed;
	struct run runs[MAX_TICKETS];
	struct run *order[MAX_TICKETS]; /* in which they started */
	const char *denied;             /* an address that may not be connected to */
	usec_t patience;                /* of those that are queued */
};

/* In the DNS are: a.test and b.test, v6.test, slow.test (20 ms), later.test (from the second
 * question on); silent.test, servfail.test, refused.test, nodata.test. */
struct bench *bench_begin(unsigned total, unsigned per_host, double rate);
/* Whatever waits or runs is released first. */
void bench_end(struct bench *b);

struct run *new_run(struct bench *b);
void queue_at(struct bench *b, struct run *r, const char *url);
struct run *queue(struct bench *b, const char *url);
void queue_many(struct bench *b, const char *url, size_t n);

void release(struct run *r, enum origin_outcome outcome);
/* Release the one that runs for the longest time. */
void release_oldest(struct bench *b, enum origin_outcome outcome);

/* Run the loop until so many have started, or failed, in all. */
void wait_started(struct bench *b, size_t n);
void wait_failed(struct bench *b, size_t n);

/* See that `n` run, and no more however long one waits. */
void check_running(struct bench *b, size_t n);
