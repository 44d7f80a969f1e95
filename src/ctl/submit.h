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

/* A command that makes a job of what is there already: read its command line, which is the ID of a
 * `thing` ("job"), POST to /THINGs/ID/VERB, and go on as submit_run. */
int submit_again(int argc, char **argv, struct options *options, const char *doc, const char *thing,
    const char *verb);

/* Send the submission, lines in constant memory, and print the plan (dry run) or the job's id
 * (--no-wait), or follow the job; `since` and `copies` of `follow` are set here. Returns what the
 * program ends with. */
int submit_run(const struct submission *s, struct follow_opts *follow);
