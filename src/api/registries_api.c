/* GET /registries: RDAP servers and the bootstrap, as they are now. */
#include <string.h>

#include "api/api.h"
#include "wire/json_text.h"

enum { MAX_BODY = 4 << 20 };

static void add_host(struct buf *b, const struct registry_host_state *h)
{
	buf_add_str(b, "{\"host\":");
	json_add_string(b, h->host, strlen(h->host));
	buf_addf(b, ",\"rate_per_second\":%.3g,\"waiting\":%zu,\"resting\":%s,\"until\":", h->rate,
	    h->n_waiting, h->is_resting ? "true" : "false");
	json_add_time(b, h->held_until);
	buf_addf(b, ",\"asked\":%llu,\"refused\":%llu}", (unsigned long long)h->n_asked,
	    (unsigned long long)h->n_refused);
}

void registries_handle(struct request *rq, struct api *api)
{
	struct bootstrap_state bootstrap;
	struct registry_host_state host;
	struct buf body;

	buf_init(&body, MAX_BODY);
	api->bootstrap(&bootstrap, api->registry_arg);
	buf_add_str(&body, "{\"bootstrap\":{\"published_at\":");
	json_add_time(&body, bootstrap.published_at);
	buf_add_str(&body, ",\"checked_at\":");
	json_add_time(&body, bootstrap.checked_at);
	buf_add_str(&body, ",\"source\":");
	if (bootstrap.source != NULL)
		json_add_string(&body, bootstrap.source, strlen(bootstrap.source));
	else
		buf_add_str(&body, "null");
	buf_addf(&body,
	    ",\"suffixes\":{\"iana\":%zu,\"built_in\":%zu,\"operator\":%zu}},\"hosts\":[",
	    bootstrap.n_iana, bootstrap.n_built_in, bootstrap.n_operator);
	for (size_t i = 0; api->registry_host(i, &host, api->registry_arg); i++) {
		if (i > 0)
			buf_add_char(&body, ',');
		add_host(&body, &host);
	}
	buf_add_str(&body, "]}\n");
	request_respond(rq, 200, "application/json", &body);
}
