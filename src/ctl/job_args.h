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
	const char *label, *idempotency_key; /* borrowed from argv, as all text; NULL: not given */
	const char *run_at, *deadline, *callback;
	uint64_t concurrency, rate, attempts; /* 0: the daemon decides */
	usec_t timeout;
	uint64_t priority;
	bool has_priority;
	bool is_dry_run;
};

#define JOB_ARGS_TITLE "Options of the job:"

/* The parser; its input is a struct job_args. */
const struct argp *job_args_argp(void);

/* Add what goes into the submission. */
void job_args_add(const struct job_args *args, struct fields *fields);

/* Name an option that was given and that the job of a schedule can't have; NULL: there is none. */
const char *job_args_unfit(const struct job_args *args);
