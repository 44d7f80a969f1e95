/* Follow a job to its end: its results on stdout as they are committed, a progress bar and a
 * summary on stderr. Thread: main. */
#pragma once

#include <stdint.h>

#include "base/clock.h"
#include "ctl/args.h"
#include "ctl/http.h"
#include "model/job.h"

struct follow_opts {
	struct http *http;             /* borrowed */
	const struct options *options; /* borrowed */
	uint64_t after;                /* sequence number to begin behind */
	usec_t since; /* monotonic, when the job was asked for; 0: the summary tells no time */
};

/* Print results until the job ends; a broken stream is taken up again where it broke. Returns what
 * the program ends with: CTL_INTERRUPTED after SIGINT, the job running on. While it runs SIGINT is
 * its own; a second one ends the process. */
int follow_job(const struct follow_opts *opts, const struct job *job);
