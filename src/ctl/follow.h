/* Follow a job to its end: its results on stdout as they are committed, its files copied, a
 * progress bar and a summary on stderr. Thread: main. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "ctl/args.h"
#include "ctl/copies.h"
#include "ctl/http.h"
#include "ctl/view.h"

/* Called when the job has ended and its files are copied; `elapsed` is 0 when it is not known. */
typedef void follow_end_fn(const struct job_view *job, usec_t elapsed, void *arg);

struct follow_opts {
	struct http *http;             /* borrowed */
	const struct options *options; /* borrowed */
	uint64_t after;                /* sequence number to begin behind */
	usec_t since; /* monotonic, when the job was asked for; 0: the summary tells no time */
	struct copies *copies; /* borrowed; where its files go; NULL: nowhere */
	bool has_hidden_rows;  /* print JSON only */
	bool has_no_bar;       /* not even on a terminal */
	follow_end_fn *on_end; /* prints the summary; NULL: a line on stderr */
	void *arg;
};

/* Print results until the job ends; a broken stream is taken up again where it broke. Returns what
 * the program ends with: CTL_INTERRUPTED after SIGINT, the job running on. While it runs SIGINT is
 * its own; a second one ends the process. */
int follow_job(const struct follow_opts *opts, const struct job_view *job);
