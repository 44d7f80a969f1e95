/* Transfers with a web server that does what the test tells it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "../../fake/http.h"
#include "../../fake/runner.h"
#include "base/buf.h"
#include "fetch/policy.h"
#include "fetch/transfer.h"
#include "loop/loop.h"

enum { TRANSFER_LONG = 1 << 20 /* the longest body that a run takes, half of it */ };

struct transfer_bench {
	struct loop *loop;
	struct fake_http *http;
	struct transfers *transfers;
	struct policy *policy;
};

/* A transfer, and what came of it. */
struct transfer_run {
	struct transfer_bench *bench;
	struct transfer *transfer;
	struct buf body;
	size_t pause_at, stop_at; /* bytes after which it is held back, or stopped; 0: never */
	unsigned n_bodies, n_done;
	bool is_paused, stops;
	long status;
	struct transfer_outcome outcome;
	char detail[300], type[64], location[200];
	struct transfer_run *next; /* begun when this one is done */
};

/* Set up all of it, with a policy that allows 127.0.0.0/8. */
void transfer_bench_begin(struct transfer_bench *b, const struct http_rule *rules);
void transfer_bench_end(struct transfer_bench *b);
/* Put another policy in place. */
void transfer_bench_allow(struct transfer_bench *b, const char *allowed, const char *denied);

void transfer_run_init(struct transfer_run *r, struct transfer_bench *b);
/* Begin a transfer of `path` of that host, at `address`. */
void transfer_run_launch_host(struct transfer_run *r, const char *host, const char *path,
    const char *address, bool keeps_connection);
/* Of one.test, which is 127.0.0.1, on a connection that is kept. */
void transfer_run_launch(struct transfer_run *r, const char *path);
void transfer_run_wait(struct transfer_run *r);
bool transfer_run_is_paused(void *run);
