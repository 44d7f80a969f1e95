/* Submissions: POST /jobs, then what the user wants to see of it. Thread: main. */
#pragma once

#include <stdbool.h>

#include "ctl/fields.h"
#include "ctl/follow.h"
#include "ctl/http.h"

struct submission {
	struct fields fields;        /* owned by the command */
	const char *idempotency_key; /* NULL: none */
	const char *input;           /* file of lines, or `-`; NULL: the fields have all */
	const char *folder;          /* copy files there; NULL: don't */
	bool is_ndjson;              /* the lines are */
	bool is_dry_run;
	/* Called when file and folder are open and nothing is sent yet; what it returns ends the
	 * program unless it is CTL_OK. NULL: nothing to do. */
	int (*before)(const struct submission *s, struct http *http, void *arg);
	void *arg;
};

/* Ask what the submission amounts to without queueing it; it has no lines. Returns the ended call,
 * which the caller frees. */
struct http_call *submit_dry(struct http *http, const struct submission *s);

/* The option --output of submit_post's commands; the parser's input is a const char *, the folder.
 */
const struct argp *submit_output_argp(void);

/* POST to a path that makes a job of what is there already, then go on as submit_run; `subject`
 * stands before what is told of a refusal. `folder`: copy files there; NULL: don't. */
int submit_post(
    const char *path, const char *subject, const char *folder, struct follow_opts *follow);

/* Send the submission, lines in constant memory, and print the plan (dry run) or the job's id
 * (--no-wait), or follow the job; `since` and `copies` of `follow` are set here. Returns what the
 * program ends with. */
int submit_run(const struct submission *s, struct follow_opts *follow);
