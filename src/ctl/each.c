/* One request for each of some ids. Thread: main. */
#include "ctl/each.h"

#include <limits.h>

static int act_on(
    struct http *http, const struct act *act, const char *id, const struct options *options)
{
	char path[80];

	snprintf(path, sizeof(path), "%s%s%s", act->folder, id, act->tail);
	struct http_call *call =
	    http_run(http, &(struct http_request){.method = act->method, .path = path});
	const struct http_answer *answer = http_call_answer(call);
	int status = answer_check(answer, id);
	if (status == CTL_OK && act->print != NULL && options->is_json)
		status = answer_print_raw(answer);
	else if (status == CTL_OK && act->print != NULL && !options->is_quiet)
		status = act->print(answer);
	http_call_free(call);
	return status;
}

int each_id(const struct act *act, const struct words *ids, const struct options *options)
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

int each_of(int argc, char **argv, struct options *options, const char *doc, const char *ids_of,
    const struct act *act)
{
	const struct syntax syntax = {.words = "ID...",
	    .doc = doc,
	    .least_words = 1,
	    .most_words = INT_MAX,
	    .ids_of = ids_of};
	struct words ids;

	args_parse(argc, argv, &syntax, options, NULL, &ids);
	return each_id(act, &ids, options);
}
