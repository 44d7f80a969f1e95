/* The options of all commands that queue a job. Thread: main. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "ctl/fields.h"
#include "ctl/option.h"

#define JOB_ARGS_NO_PRIORITY UINT64_MAX

struct job_args {
	bool is_files;                       /* set by the command: the limits are those of files */
	const char *label, *idempotency_key; /* borrowed from argv, as all text; NULL: not given */
	const char *run_at, *deadline, *callback;
	uint64_t concurrency, rate, attempts; /* 0: the daemon decides */
	usec_t timeout;                       /* likewise */
	uint64_t priority;                    /* JOB_ARGS_NO_PRIORITY: likewise */
	bool is_dry_run;
	/* Set by options of single commands. */
	const char *input;  /* file of items, one per line, or `-`; NULL: none */
	const char *folder; /* copy files there; NULL: do not */
};

#define JOB_ARGS_TITLE "Options of the job:"

/* The options; they set a struct job_args. */
const struct option_row *job_args_options(void);

void job_args_init(struct job_args *args, bool is_files);

/* Add what is part of the job. */
void job_args_add(const struct job_args *args, struct fields *fields);

/* Return an option that was given and that the job of a schedule cannot have; NULL: none. */
const char *job_args_find_unfit(const struct job_args *args);
