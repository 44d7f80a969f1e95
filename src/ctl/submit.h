/* Queueing: POST /jobs, then what the user wants to see of the job. Thread: main. */
#pragma once

#include <stdbool.h>

#include "ctl/follow.h"
#include "ctl/job_args.h"
#include "ctl/line_reader.h"

struct submission {
	const char *kind;           /* domains, flags or downloads */
	const struct job_args *job; /* borrowed */
	bool is_ndjson;             /* the lines of the input are JSON */
	/* Adds the fields of the kind. */
	void (*add_fields)(const void *arg, struct fields *fields);
	/* Called with the result of a dry run before the job is queued; NULL: there is none. */
	void (*on_dry_run)(const struct dry_run_view *dry_run, void *arg);
	/* Called with each line of the input before it is sent; false after printing a message:
	 * nothing is queued. NULL: all lines are good. */
	line_fn *check_line;
	void *arg; /* for all */
};

/* For a command that was asked for a job only (options->ret_job): read its lines into `list`, and
 * forget the input. False after printing a message: the lines cannot be read, or an option cannot
 * be used. Otherwise there is nothing to do. */
bool submit_take_lines(const struct options *options, struct job_args *job, struct text_list *list);

/* Queue the job, sending lines in constant memory. Then print the result of the dry run or the
 * job's ID (--no-wait), or follow the job. `http`, `since` and `copies` of `follow` are set here.
 * With options->ret_job, set that and send nothing. Returns the exit status. */
int submit_run(const struct submission *s, struct follow_opts *follow);

/* Run a command that queues a job which exists in another form: read its command line, which is the
 * ID of a `thing` ("job"), POST to /THINGs/ID/VERB, and go on as submit_run. */
int submit_existing(int argc, char **argv, struct options *options, const char *doc,
    const char *thing, const char *verb);
