/* One request for each of some ids: what the commands do that take `ID...`. Thread: main. */
#pragma once

#include "ctl/answer.h"
#include "ctl/args.h"
#include "ctl/http.h"

/* What is asked for an id. */
struct act {
	const char *method, *folder, *tail; /* POST, "/jobs/", "/cancel" */
	/* Prints the answer, which was good; returns what to end with. NULL: there is nothing in
	 * it. */
	int (*print)(const struct http_answer *answer);
};

/* Read a command line of ids, and do as each_id; `ids_of` as in struct syntax. */
int each_of(int argc, char **argv, struct options *options, const char *doc, const char *ids_of,
    const struct act *act);

/* Ask for each of the ids; one refusal does not stop the rest, an absent daemon does. Returns the
 * worst that came. With --json answers are printed as they came, with --quiet not at all. */
int each_id(const struct act *act, const struct words *ids, const struct options *options);
