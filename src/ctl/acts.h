/* What commands that take IDs do: one request for each. Thread: main. */
#pragma once

#include "ctl/answer.h"
#include "ctl/args.h"

struct act {
	const char *doc;
	const char *thing;                /* what the IDs are of: job, schedule */
	const char *method, *path, *tail; /* POST, /jobs, /cancel */
	answer_print_fn *print;           /* NULL: the answer is empty */
};

/* Read a command line of IDs, and do as acts_run_all. A GET takes one ID, the others any number. */
int acts_run(const struct act *act, int argc, char **argv, struct options *options);

/* Send the request for each ID. One that is refused does not stop the others, a daemon that does
 * not answer does. Returns the highest exit status. With --json answers are printed as they are;
 * with --quiet only what a GET asked for is printed. */
int acts_run_all(const struct act *act, const struct args *ids, const struct options *options);
