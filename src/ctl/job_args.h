/* The options of every command that queues a job. Thread: main. */
#pragma once

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "ctl/fields.h"

struct job_args {
	uint64_t max_concurrency; /* bounds, set by the command */
	usec_t max_timeout;
	const char *label, *idempotency_key;  /* borrowed from argv; NULL: not given */
	uint64_t concurrency, rate, attempts; /* 0: the daemon decides */
	usec_t timeout;
	bool is_dry_run;
};

/* The parser; its input is a struct job_args. */
const struct argp *job_args_argp(void);

/* Add what goes into the submission. */
void job_args_add(const struct job_args *args, struct fields *fields);
