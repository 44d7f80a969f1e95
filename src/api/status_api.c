/* GET /status: the numbers of the first page, taken from the metrics. */
#include <string.h>

#include "api/api.h"
#include "base/metrics.h"
#include "wire/json_text.h"

enum form { SUM, HIGHEST_MSEC, OR_NULL, IS_SET };

struct number {
	const char *group, *name; /* numbers of a group stand together */
	enum metric metric;
	const char *label; /* NULL: all */
	enum form form;
};

static const struct number numbers[] = {
    {"jobs", "queued", METRIC_JOBS, "state=\"queued\"", SUM},
    {"jobs", "running", METRIC_JOBS, "state=\"running\"", SUM},
    {"jobs", "waiting_for_time", METRIC_JOBS_WAITING, "for=\"time\"", SUM},
    {"jobs", "waiting_for_place", METRIC_JOBS_WAITING, "for=\"place\"", SUM},
    {"jobs", "paused", METRIC_JOBS_WAITING, "for=\"resume\"", SUM},
    {"items", "in_flight", METRIC_ITEMS_IN_FLIGHT, NULL, SUM},
    {"items", "waiting", METRIC_QUEUE_LENGTH, NULL, SUM},
    {"items", "oldest_age_ms", METRIC_QUEUE_OLDEST, NULL, HIGHEST_MSEC},
    {"items", "completed", METRIC_ITEMS, NULL, SUM},
    {"items", "errors", METRIC_ITEMS, "status=\"error\"", SUM},
    {"items", "unknown", METRIC_ITEMS, "status=\"unknown\"", SUM},
    {"schedules", "active", METRIC_SCHEDULES, "state=\"active\"", SUM},
    {"schedules", "paused", METRIC_SCHEDULES, "state=\"paused\"", SUM},
    {"callbacks", "waiting", METRIC_CALLBACKS_WAITING, NULL, SUM},
    {"store", "writable", METRIC_STORE_WRITABLE, NULL, IS_SET},
    {"store", "bytes", METRIC_STORE_BYTES, NULL, SUM},
    {"downloads", "bytes", METRIC_DOWNLOADS_BYTES, NULL, SUM},
    {"downloads", "quota_bytes", METRIC_DOWNLOADS_QUOTA, NULL, OR_NULL},
};

static void add_number(struct buf *b, const struct number *n)
{
	double value = n->form == HIGHEST_MSEC ? 1000 * metrics_highest(n->metric, n->label)
					       : metrics_sum(n->metric, n->label);

	buf_addf(b, "\"%s\":", n->name);
	if (n->form == IS_SET)
		buf_add_str(b, value != 0 ? "true" : "false");
	else if (n->form == OR_NULL && value == 0)
		buf_add_str(b, "null");
	else
		buf_add_u64(b, (uint64_t)value);
}

static void add_name_servers(struct buf *b, const struct api *api)
{
	struct name_server s;
	uint64_t n = 0, n_resting = 0;

	for (; api->name_server(n, &s, api->name_server_arg); n++)
		n_resting += s.rests != NULL;
	buf_addf(b, ",\"name_servers\":{\"healthy\":%llu,\"resting\":%llu}",
	    (unsigned long long)(n - n_resting), (unsigned long long)n_resting);
}

void status_handle(struct request *rq, struct api *api)
{
	const char *group = "";
	struct buf body;

	metrics_refresh();
	buf_init(&body, 1 << 16);
	buf_add_str(&body, "{\"unready\":");
	json_add_optional(&body, api_find_gap(api));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		bool is_new = strcmp(group, numbers[i].group) != 0;
		group = numbers[i].group;
		if (is_new)
			buf_addf(&body, "%s,\"%s\":{", i > 0 ? "}" : "", group);
		else
			buf_add_str(&body, ",");
		add_number(&body, &numbers[i]);
	}
	buf_add_str(&body, "}");
	add_name_servers(&body, api);
	buf_add_str(&body, "}\n");
	request_respond(rq, 200, "application/json", &body);
}
