/* One request for each of some ids. Thread: main. */
#include "ctl/each.h"

int each_ask(struct http *http, const struct act *act, const char *id, struct http_call **ret_call)
{
	char path[80];

	snprintf(path, sizeof(path), "%s%s%s", act->folder, id, act->tail);
	struct http_call *call =
	    http_run(http, &(struct http_request){.method = act->method, .path = path});
	int status = answer_check(http_call_answer(call), id);
	if (status == CTL_OK)
		*ret_call = call;
	else
		http_call_free(call);
	return status;
}

static int act_on(
    struct http *http, const struct act *act, const char *id, const struct options *options)
{
	struct http_call *call;
	int status = each_ask(http, act, id, &call);

	if (status != CTL_OK)
		return status;
	if (act->print != NULL && options->is_json)
		status = answer_print_raw(http_call_answer(call));
	else if (act->print != NULL && !options->is_quiet)
		status = act->print(http_call_answer(call));
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
