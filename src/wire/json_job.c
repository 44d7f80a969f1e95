/* Jobs as JSON. */
#include "wire/json_job.h"

#include <string.h>

#include "model/registry_state.h"
#include "model/rrtype.h"
#include "wire/json_text.h"

/* The good outcome first, as people read it. */
static void add_counts(struct buf *b, const struct job *job)
{
	static const enum item_status order[] = {ITEM_FOUND, ITEM_OK, ITEM_REGISTERED,
	    ITEM_AVAILABLE, ITEM_RESERVED, ITEM_UNKNOWN, ITEM_UNCHANGED, ITEM_NOT_FOUND,
	    ITEM_ERROR};
	const char *between = "";

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		if (!job_has_status(job->kind, job->check, order[i]) ||
		    (order[i] == ITEM_UNCHANGED && !job->params.asked.if_changed))
			continue;
		buf_addf(b, "%s\"%s\":%llu", between, item_status_name(order[i]),
		    (unsigned long long)job->counts[order[i]]);
		between = ",";
	}
}

static void add_time(struct buf *b, const char *name, usec_t time)
{
	buf_addf(b, ",\"%s\":", name);
	json_add_time(b, time);
}

static void add_id(struct buf *b, const char *name, const struct id *id)
{
	char text[ID_TEXT_SIZE];

	if (!id_is_none(id))
		id_format(id, text);
	buf_addf(b, ",\"%s\":", name);
	json_add_optional(b, id_is_none(id) ? NULL : text);
}

/* What was asked for its life-time, and where it comes from. */
static void add_life(struct buf *b, const struct job *job)
{
	buf_addf(b, ",\"priority\":%u,\"paused\":%s,\"reason\":", job->params.priority,
	    job->is_paused ? "true" : "false");
	json_add_optional(b, job_reason_name(job->reason));
	add_time(b, "run_at", job->run_at);
	add_time(b, "deadline", job->deadline);
	buf_add_str(b, ",\"callback_url\":");
	json_add_optional(b, job->callback_url);
	add_id(b, "schedule_id", &job->schedule_id);
	add_id(b, "retry_of", &job->retry_of);
}

/* What is asked for beyond the names, where it was given. */
static void add_asked(struct buf *b, const struct job_params *params)
{
	const struct check_spec *asked = &params->asked;
	char type[DNS_TYPE_TEXT_SIZE], server[ENDPOINT_TEXT_SIZE];

	for (int i = 0; i < asked->n_types; i++) {
		dns_type_format(asked->types[i], type);
		buf_addf(b, "%s\"%s\"", i == 0 ? ",\"types\":[" : ",", type);
	}
	if (asked->n_types > 0)
		buf_add_char(b, ']');
	if (asked->family != FAMILY_ANY)
		buf_addf(b, ",\"family\":\"%s\"", family_name(asked->family));
	if (asked->wildcards != WILDCARDS_OFF)
		buf_addf(b, ",\"wildcard\":\"%s\"", wildcard_use_name(asked->wildcards));
	for (size_t i = 0; i < params->servers.n; i++) {
		endpoint_format(&params->servers.all[i], server);
		buf_addf(b, "%s\"%s\"", i == 0 ? ",\"servers\":[" : ",", server);
	}
	if (params->servers.n > 0)
		buf_add_char(b, ']');
}

void json_waits_add(struct buf *b, const struct registry_wait *waits, size_t n)
{
	buf_add_str(b, ",\"waiting_for\":[");
	for (size_t i = 0; i < n; i++) {
		buf_add_str(b, i > 0 ? ",{\"host\":" : "{\"host\":");
		json_add_string(b, waits[i].host, strlen(waits[i].host));
		buf_addf(b,
		    ",\"left\":%llu,\"rate\":%.3g,\"eta\":", (unsigned long long)waits[i].left,
		    waits[i].rate);
		json_add_time(b, waits[i].eta);
		buf_add_str(b, ",\"until\":");
		json_add_time(b, waits[i].held_until);
		buf_add_char(b, '}');
	}
	buf_add_char(b, ']');
}

void json_job_add(struct buf *b, const struct job *job, usec_t now)
{
	char id[ID_TEXT_SIZE];
	usec_t eta = job_eta(job), elapsed = job_elapsed(job, now);
	double rate = job->rate;

	if (job_state_is_ended(job->state))
		rate = elapsed > 0 ? (double)job->completed * USEC_PER_SEC / (double)elapsed : 0;
	id_format(&job->id, id);
	buf_addf(b, "{\"id\":\"%s\",\"kind\":\"%s\",\"check\":", id, job_kind_name(job->kind));
	json_add_optional(b, job->kind == KIND_DOMAINS ? job_check_name(job->check) : NULL);
	add_asked(b, &job->params);
	buf_add_str(b, ",\"label\":");
	json_add_optional(b, job->label);
	buf_addf(b, ",\"state\":\"%s\",\"total\":%llu,\"completed\":%llu,\"counts\":{",
	    job_state_name(job->state), (unsigned long long)job->total,
	    (unsigned long long)job->completed);
	add_counts(b, job);
	buf_add_char(b, '}');
	add_time(b, "created_at", job->created_at);
	add_time(b, "started_at", job->started_at);
	add_time(b, "finished_at", job->finished_at);
	buf_addf(b, ",\"elapsed_ms\":%lld,\"rate_per_second\":%.1f,\"eta_ms\":",
	    (long long)(elapsed / USEC_PER_MSEC), rate);
	if (eta >= 0)
		buf_add_u64(b, (uint64_t)(eta / USEC_PER_MSEC));
	else
		buf_add_str(b, "null");
	add_life(b, job);
	buf_addf(b,
	    ",\"links\":{\"self\":\"/jobs/%s\",\"results\":\"/jobs/%s/"
	    "results\","
	    "\"events\":\"/jobs/%s/events\"}}",
	    id, id, id);
}
