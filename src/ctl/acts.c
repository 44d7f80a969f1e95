/* One request for each ID. Thread: main. */
#include "ctl/acts.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static bool is_get(const struct act *act)
{
	return strcmp(act->method, "GET") == 0;
}

static int act_on(
    struct http *http, const struct act *act, const char *id, const struct options *options)
{
	bool is_shown = is_get(act) || !options->is_quiet;
	char path[80];

	snprintf(path, sizeof(path), "%s/%s%s", act->path, id, act->tail);
	return answer_run(http, &(struct http_request){.method = act->method, .path = path}, id,
	    options, is_shown ? act->print : NULL, NULL);
}

int acts_run_all(const struct act *act, const struct args *ids, const struct options *options)
{
	struct http *http = answer_open(options);
	int worst = http != NULL ? CTL_OK : CTL_USAGE;

	for (int i = 0; http != NULL && i < ids->n && worst != CTL_UNREACHABLE; i++) {
		int status = act_on(http, act, ids->list[i], options);
		worst = status > worst ? status : worst;
	}
	http_free(http);
	return worst;
}

int acts_run(const struct act *act, int argc, char **argv, struct options *options)
{
	const struct syntax syntax = {.usage = is_get(act) ? "ID" : "ID...",
	    .doc = act->doc,
	    .min_args = 1,
	    .max_args = is_get(act) ? 1 : INT_MAX,
	    .ids_of = act->thing};
	struct args ids;

	args_parse(argc, argv, &syntax, options, NULL, &ids);
	return acts_run_all(act, &ids, options);
}
