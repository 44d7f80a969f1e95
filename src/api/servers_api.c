/* GET /servers: name servers, as they are now. */
#include <string.h>

#include "api/api.h"
#include "wire/json_text.h"

enum { MAX_BODY = 64 << 20 };

static void add_outcomes(struct buf *b, const struct name_server *s)
{
	const char *comma = "";

	buf_add_str(b, ",\"answers\":{");
	for (int i = 0; i < N_RCODES; i++) {
		if (s->outcomes[i] == 0 || i == RCODE_TIMEOUT)
			continue;
		buf_addf(b, "%s\"%s\":%llu", comma, rcode_name((enum rcode)i),
		    (unsigned long long)s->outcomes[i]);
		comma = ",";
	}
	buf_addf(b, "},\"timeouts\":%llu", (unsigned long long)s->outcomes[RCODE_TIMEOUT]);
}

static void add_server(struct buf *b, const struct name_server *s)
{
	buf_add_str(b, "{\"address\":");
	json_add_string(b, s->address, strlen(s->address));
	buf_addf(b, ",\"state\":\"%s\",\"why\":", s->rests == NULL ? "healthy" : "resting");
	json_add_optional(b, s->rests);
	buf_add_str(b, ",\"until\":");
	json_add_time(b, s->rests_until);
	buf_addf(b, ",\"window\":%llu,\"in_flight\":%llu,\"queries\":%llu",
	    (unsigned long long)s->window, (unsigned long long)s->in_flight,
	    (unsigned long long)s->queries);
	add_outcomes(b, s);
	buf_addf(b, ",\"late\":%llu,\"mismatches\":%llu,\"lies\":%llu,\"rtt_ms\":",
	    (unsigned long long)s->late, (unsigned long long)s->mismatches,
	    (unsigned long long)s->lies);
	if (s->rtt > 0)
		json_add_msec(b, s->rtt);
	else
		buf_add_str(b, "null");
	buf_add_str(b, "}");
}

void servers_handle(struct request *rq, struct api *api)
{
	struct name_server s;
	struct buf body;

	buf_init(&body, MAX_BODY);
	buf_add_str(&body, "{\"name_servers\":[");
	for (size_t i = 0; api->name_server(i, &s, api->name_server_arg); i++) {
		if (i > 0)
			buf_add_str(&body, ",");
		add_server(&body, &s);
	}
	buf_add_str(&body, "]}\n");
	request_respond(rq, 200, "application/json", &body);
}
