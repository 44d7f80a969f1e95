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

/* Ask for each of the ids; one refusal does not stop the rest, an absent daemon does. Returns the
 * worst that came. With --json answers are printed as they came, with --quiet not at all. */
int each_id(const struct act *act, const struct words *ids, const struct options *options);

/* Ask for one id; *ret_call, which the caller frees, has the answer when CTL_OK is returned. */
int each_ask(struct http *http, const struct act *act, const char *id, struct http_call **ret_call);
