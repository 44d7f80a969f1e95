/* One object a subject; what has no limit is null. */
#include "daemon/limits.h"

#include <string.h>

#include "api/bodies.h"
#include "base/buf.h"
#include "model/spec.h"
#include "wire/json_text.h"

/* How a setting is shown: unchanged, in milliseconds, or as null if it is 0. */
enum form { PLAIN, MSEC, OR_NULL, MSEC_OR_NULL };

struct limit {
	const char *name;
	enum setting setting;
	enum form form;
};

enum { MOST_LIMITS = 8 };

/* Sections, and what each has. */
static const struct section {
	const char *name;
	struct limit limits[MOST_LIMITS + 1]; /* up to one without a name */
} sections[] = {
    {"requests",
	{
	    {"body_bytes", CONF_api_max_body, PLAIN},
	    {"json_bytes", CONF_api_max_json, PLAIN},
	    {"rate_per_token", CONF_api_token_rate, OR_NULL},
	    {"header_timeout_ms", CONF_api_header_timeout, MSEC},
	    {"transfer_timeout_ms", CONF_api_transfer_timeout, MSEC},
	}},
    {"connections",
	{
	    {"total", CONF_api_connections, PLAIN},
	    {"per_address", CONF_api_per_address, PLAIN},
	    {"streams", CONF_api_streams, PLAIN},
	    {"streams_per_client", CONF_api_streams_per_client, PLAIN},
	    {"stream_idle_ms", CONF_api_stream_idle, MSEC},
	    {"body_bytes", CONF_api_max_bodies, PLAIN},
	    {"idle_timeout_ms", CONF_api_idle_timeout, MSEC},
	}},
    {"jobs",
	{
	    {"items", CONF_limits_max_items, PLAIN},
	    {"active", CONF_limits_active_jobs, PLAIN},
	}},
    {"store",
	{
	    {"retention_ms", CONF_store_retention, MSEC_OR_NULL},
	    {"max_bytes", CONF_store_max_size, OR_NULL},
	}},
    {"schedules",
	{
	    {"total", CONF_limits_schedules, PLAIN},
	    {"min_interval_ms", CONF_limits_min_interval, MSEC},
	}},
    {"dns",
	{
	    {"timeout_ms", CONF_dns_timeout, MSEC},
	    {"attempts", CONF_dns_attempts, PLAIN},
	}},
    {"downloads",
	{
	    {"total", CONF_downloads_total, PLAIN},
	    {"per_host", CONF_downloads_per_host, PLAIN},
	    {"rate_per_host", CONF_downloads_rate_per_host, OR_NULL},
	    {"file_bytes", CONF_downloads_max_bytes, PLAIN},
	    {"quota_bytes", CONF_downloads_quota, OR_NULL},
	    {"timeout_ms", CONF_downloads_timeout, MSEC},
	    {"connect_timeout_ms", CONF_downloads_connect_timeout, MSEC},
	    {"attempts", CONF_downloads_attempts, PLAIN},
	}},
};

static void add_limit(struct buf *b, const struct conf *conf, const struct limit *limit)
{
	uint64_t value = conf_number(conf, limit->setting);
	bool is_msec = limit->form == MSEC || limit->form == MSEC_OR_NULL;
	bool may_be_null = limit->form == OR_NULL || limit->form == MSEC_OR_NULL;

	buf_addf(b, "\"%s\":", limit->name);
	if (may_be_null && value == 0)
		buf_add_str(b, "null");
	else
		buf_add_u64(b, is_msec ? value / USEC_PER_MSEC : value);
}

/* What a job may ask for itself: bounds that no setting changes. */
static void add_bounds(struct buf *b)
{
	buf_addf(b,
	    ",\"concurrency\":{\"domains\":%d,\"files\":%d},\"rate\":%d"
	    ",\"timeout_ms\":{\"domains\":%d,\"files\":%d}"
	    ",\"attempts\":%d,\"tlds\":%d,\"label_bytes\":%d",
	    SPEC_MAX_CONCURRENCY, SPEC_MAX_TRANSFERS, SPEC_MAX_RATE, SPEC_MAX_TIMEOUT_MS,
	    SPEC_MAX_TRANSFER_TIMEOUT_MS, SPEC_MAX_ATTEMPTS, SPEC_MAX_TLDS, SPEC_MAX_LABEL);
}

char *limits_format(const struct conf *conf)
{
	const char *ports = conf_text(conf, CONF_targets_ports);
	struct buf b;

	buf_init(&b, 1 << 16);
	buf_add_char(&b, '{');
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		buf_addf(&b, "\"%s\":{", sections[i].name);
		for (const struct limit *limit = sections[i].limits; limit->name != NULL; limit++) {
			buf_add_str(&b, limit > sections[i].limits ? "," : "");
			add_limit(&b, conf, limit);
		}
		if (strcmp(sections[i].name, "jobs") == 0)
			add_bounds(&b);
		buf_add_str(&b, "},");
	}
	buf_add_str(&b, "\"targets\":{\"ports\":");
	json_add_string(&b, ports, strlen(ports));
	buf_add_str(&b, "}}\n");
	return buf_take(&b, NULL);
}

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void limits_read_api(const struct conf *conf, struct api *api)
{
	api->has_page = conf_number(conf, CONF_api_ui) != 0;
	api->stream_idle = (usec_t)conf_number(conf, CONF_api_stream_idle);
	api->bodies.max = conf_number(conf, CONF_api_max_bodies);
	/* a body that is JSON is a body */
	api->max_json = min(conf_number(conf, CONF_api_max_json),
	    min(conf_number(conf, CONF_api_max_body), bodies_largest(api->bodies.max)));
}

void limits_read_core(const struct conf *conf, struct core_opts *opts)
{
	opts->max_items = conf_number(conf, CONF_limits_max_items);
	opts->max_active = (uint32_t)conf_number(conf, CONF_limits_active_jobs);
	opts->retention = (usec_t)conf_number(conf, CONF_store_retention);
	opts->max_store = conf_number(conf, CONF_store_max_size);
	opts->min_every = (usec_t)conf_number(conf, CONF_limits_min_interval);
	opts->max_schedules = (uint32_t)conf_number(conf, CONF_limits_schedules);
}

void limits_read_server(const struct conf *conf, struct server_opts *opts)
{
	opts->max_body = conf_number(conf, CONF_api_max_body);
	opts->max_per_address = (unsigned)conf_number(conf, CONF_api_per_address);
	opts->max_streams = (unsigned)conf_number(conf, CONF_api_streams);
	opts->max_streams_per_client = (unsigned)conf_number(conf, CONF_api_streams_per_client);
	opts->header_timeout = (usec_t)conf_number(conf, CONF_api_header_timeout);
	opts->idle_timeout = (usec_t)conf_number(conf, CONF_api_idle_timeout);
	opts->transfer_timeout = (usec_t)conf_number(conf, CONF_api_transfer_timeout);
}
