/* Follow a job to its end: print its results on stdout as they are committed, copy its files, and
 * print a progress bar and a summary on stderr. Thread: main. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "ctl/args.h"
#include "ctl/copies.h"
#include "ctl/http.h"
#include "ctl/view.h"

/* Called when the job has ended and its files are copied; `elapsed` is 0 if it is unknown. */
typedef void follow_end_fn(const struct job_view *job, usec_t elapsed, void *arg);

struct follow_opts {
	struct http *http;             /* borrowed */
	const struct options *options; /* borrowed */
	uint64_t after;                /* sequence number after which to start */
	usec_t since; /* when the job was requested, monotonic; 0: the summary has no time */
	struct copies *copies; /* borrowed; of its files; NULL: none */
	bool has_hidden_rows;  /* print rows with --json only */
	bool has_no_bar;       /* print no progress bar, even on a terminal */
	const char *status;    /* print only names with this status; NULL: all */
	bool is_sorted;        /* print names in order, at the end */
	bool has_grid;         /* print them as a grid, at the end */
	follow_end_fn *on_end; /* prints the summary; NULL: a line on stderr */
	void *arg;
};

/* Print results until the job ends; a stream that breaks is continued. Returns the exit status:
 * CTL_INTERRUPTED after SIGINT, which does not cancel the job. SIGINT is handled meanwhile; a
 * second one ends the process. */
int follow_job(const struct follow_opts *opts, const struct job_view *job);
