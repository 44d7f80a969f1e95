/* Filters of jobs in a query; POST /jobs/cancel and DELETE /jobs, which act on all that fit one. */
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "base/alloc.h"
#include "base/log.h"
#include "jobs/bulk.h"

bool api_read_filter(struct request *rq, struct job_filter *ret_filter)
{
	const char *state = request_query(rq, "state"), *kind = request_query(rq, "kind");
	const char *label = request_query(rq, "label"), *before = request_query(rq, "before");
	const char *schedule = request_query(rq, "schedule_id");
	struct job_filter f = {.has_state = state != NULL, .has_kind = kind != NULL};

	if (state != NULL && !job_state_parse(state, &f.state)) {
		request_refuse_query(
		    rq, "state", "This must be queued, running, done, cancelled or failed.");
	} else if (kind != NULL && !job_kind_parse(kind, &f.kind)) {
		request_refuse_query(rq, "kind", "This must be domains, downloads or flags.");
	} else if (schedule != NULL &&
		   (!id_parse(schedule, &f.schedule_id) || id_is_none(&f.schedule_id))) {
		request_refuse_query(rq, "schedule_id", "Not a valid schedule id.");
	} else if (before != NULL &&
		   (clock_parse(before, &f.created_before) != OK || f.created_before == 0)) {
		request_refuse_query(
		    rq, "before", "This must be a time like 2026-11-22T12:00:00Z (RFC 3339).");
	} else if (api_query_bool(rq, "paused", &f.has_paused, &f.is_paused)) {
		f.label = label != NULL ? xstrdup(label) : NULL;
		*ret_filter = f;
		return true;
	}
	return false;
}

struct sweep {
	struct request *rq;
	enum bulk_verb verb;
	struct buf text; /* who asks, and for what; for the log */
};

static void on_done(enum err e, uint64_t n_jobs, void *arg)
{
	struct sweep *s = arg;
	bool is_cancel = s->verb == BULK_CANCEL;
	const char *word = is_cancel ? "cancelled" : "deleted";

	log_info("audit", "action=%s %s jobs=%llu", is_cancel ? "cancel_all" : "delete_all",
	    s->text.data, (unsigned long long)n_jobs);
	if (e == OK) {
		struct buf body;
		buf_init(&body, 100);
		buf_addf(&body, "{\"%s\":%llu}\n", word, (unsigned long long)n_jobs);
		request_respond(s->rq, 200, "application/json", &body);
	} else if (e == ERR_BUSY) {
		request_refuse(s->rq, 503, "The daemon is stopping; %llu jobs were %s.",
		    (unsigned long long)n_jobs, word);
	} else {
		request_refuse(s->rq, 507,
		    "The database can't be read or written; %llu jobs were %s.",
		    (unsigned long long)n_jobs, word);
	}
	buf_done(&s->text);
	free(s);
}

static void on_filter(const char *name, const char *value, void *arg)
{
	buf_addf(arg, " %s=%s", name, log_quote(value));
}

static void start(struct request *rq, struct api *api, enum bulk_verb verb)
{
	struct job_filter filter;

	if (!api_read_filter(rq, &filter))
		return;
	if (!filter.has_state && !filter.has_kind && filter.label == NULL &&
	    id_is_none(&filter.schedule_id) && filter.created_before == 0) {
		request_refuse(
		    rq, 400, "Select jobs by state, kind, label, schedule_id or before.");
		return;
	}
	struct sweep *s = xcalloc(1, sizeof(*s));
	s->rq = rq;
	s->verb = verb;
	buf_init(&s->text, 4096);
	request_describe_client(rq, &s->text);
	request_each_query(rq, on_filter, &s->text);
	request_set_slow(rq);
	bulk_start(api->core, verb, &filter, on_done, s);
	job_filter_done(&filter);
}

void jobs_cancel_handle(struct request *rq, struct api *api)
{
	start(rq, api, BULK_CANCEL);
}

void jobs_delete_handle(struct request *rq, struct api *api)
{
	start(rq, api, BULK_DELETE);
}
