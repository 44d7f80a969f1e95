/* /schedules: add, list, show, change, remove, pause, resume, run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/api.h"
#include "base/alloc.h"
#include "base/log.h"
#include "schedules/schedules.h"
#include "wire/json_job.h"
#include "wire/schedule.h"

/* --- Show --- */

static void add_schedule(
    struct buf *b, struct api *api, const struct schedule *schedule, size_t n_times)
{
	struct schedule_view view = {.n_times = 0};
	const struct job *live = jobs_find(api->core, &schedule->last_job);

	(void)schedules_look(api->core, &schedule->id, n_times, &view);
	const struct schedule_facts facts = {.is_running = view.is_running,
	    .last_state = live != NULL ? live->state : schedule->last_state,
	    .n_times = view.n_times,
	    .times = view.times,
	    .has_next_runs = n_times > 1};
	schedule_add_json(b, schedule, &facts);
}

static void format_etag(const struct schedule *schedule, char ret_etag[static 32])
{
	snprintf(ret_etag, 32, "\"%llu\"", (unsigned long long)schedule->revision);
}

static void respond_schedule(
    struct request *rq, struct api *api, int status, const struct schedule *schedule)
{
	struct buf body;
	char etag[32];

	buf_init(&body, SIZE_MAX / 2);
	add_schedule(&body, api, schedule, SCHEDULE_NEXT_RUNS);
	buf_add_char(&body, '\n');
	format_etag(schedule, etag);
	request_add_header(rq, "ETag", etag);
	request_respond(rq, status, "application/json", &body);
}

static void on_loaded(struct store_op *op)
{
	struct call *a = op->arg;
	const struct schedule *schedule = &op->u.schedule.schedule;
	char etag[32];

	if (op->err != OK) {
		api_refuse_load(a->rq, op->err, "schedule");
	} else {
		format_etag(schedule, etag);
		char tag[32];
		snprintf(tag, sizeof(tag), "%llu", (unsigned long long)schedule->revision);
		if (request_header_has_tag(a->rq, "If-None-Match", tag, true)) {
			request_add_header(a->rq, "ETag", etag);
			request_respond(a->rq, 304, NULL, NULL);
		} else {
			respond_schedule(a->rq, a->api, 200, schedule);
		}
	}
	free(a);
}

void schedule_show_handle(struct request *rq, struct api *api)
{
	struct id id;

	if (!api_read_id(rq, "schedule", &id))
		return;
	struct store_op *op = store_op_new(STORE_SCHEDULE_LOAD, on_loaded, call_new(rq, api, NULL));
	op->u.schedule.schedule.id = id;
	store_start(api->store, op);
}

/* --- List --- */

static struct id add_listed(struct buf *b, struct api *api, const struct store_op *op, uint32_t nth)
{
	const struct schedule *schedule = &op->u.schedules.schedules[nth];

	add_schedule(b, api, schedule, 1);
	return schedule->id;
}

static void on_listed(struct store_op *op)
{
	static const struct api_list list = {"schedule", DAMAGED_SCHEDULE, add_listed};

	api_respond_list(&list, op, op->u.schedules.n, op->u.schedules.is_more);
}

void schedules_list_handle(struct request *rq, struct api *api)
{
	const char *name = request_query(rq, "name");
	struct id before;
	uint64_t limit;

	if (!api_query_page(rq, &limit, &before))
		return;
	struct store_op *op = store_op_new(STORE_SCHEDULE_LIST, on_listed, call_new(rq, api, NULL));
	op->u.schedules.before = before;
	op->u.schedules.limit = (uint32_t)limit;
	op->u.schedules.name = name != NULL ? xstrdup(name) : NULL;
	store_start(api->store, op);
}

/* --- Add and change --- */

struct upload {
	struct request *rq;
	struct api *api;
	enum schedule_action action;
	struct id id;
	char *if_match; /* owned; NULL: none */
	struct buf body;
	struct body_share share;
};

static void free_upload(struct upload *u)
{
	free(u->if_match);
	body_share_end(&u->share);
	buf_done(&u->body);
	free(u);
}

/* If-Match compares strongly (RFC 9110 section 13.1.1): a weak tag fits nothing. */
static bool may_change(uint64_t revision, void *arg)
{
	const char *header = ((struct upload *)arg)->if_match;
	char etag[32];

	snprintf(etag, sizeof(etag), "\"%llu\"", (unsigned long long)revision);
	if (strcmp(header, "*") == 0)
		return true;
	for (const char *at = header; (at = strstr(at, etag)) != NULL; at++) {
		if (at == header || at[-1] != '/')
			return true;
	}
	return false;
}

static void on_edited(struct problem *problem, const struct schedule *schedule, void *arg)
{
	struct upload *u = arg;

	if (schedule == NULL) {
		request_respond_problem(u->rq, problem);
	} else if (u->action == SCHEDULE_ADD) {
		api_add_location(u->rq, "/schedules/", &schedule->id);
		respond_schedule(u->rq, u->api, 201, schedule);
	} else {
		respond_schedule(u->rq, u->api, 200, schedule);
	}
	free_upload(u);
}

static void start_edit(struct upload *u)
{
	struct schedule_edit_opts opts = {.action = u->action,
	    .id = u->id,
	    .may_change = u->if_match != NULL ? may_change : NULL,
	    .on_done = on_edited,
	    .arg = u};

	if (u->action == SCHEDULE_ADD || u->action == SCHEDULE_PATCH)
		opts.body = buf_take(&u->body, &opts.len);
	schedules_edit(u->api->core, &opts);
}

static size_t on_piece(const char *bytes, size_t n_bytes, void *arg)
{
	struct upload *u = arg;
	uint64_t n = u->body.len + n_bytes;

	if (body_share_grow(&u->share, n < u->body.max ? n : u->body.max, u->rq))
		buf_add(&u->body, bytes, n_bytes);
	else
		free_upload(u);
	return n_bytes;
}

static void on_end(void *arg)
{
	struct upload *u = arg;

	if (!u->body.overflow) {
		start_edit(u);
		return;
	}
	request_refuse(u->rq, 413, "A schedule must have at most %zu bytes.", u->body.max);
	free_upload(u);
}

static void on_gone(void *arg)
{
	free_upload(arg);
}

/* Whether anything can be changed now; refuses otherwise. */
static bool check(struct request *rq, struct api *api)
{
	if (api->is_draining)
		api_refuse_stopping(rq);
	else
		return api_may_store(rq, api, "schedule");
	return false;
}

static struct upload *new_upload(struct request *rq, struct api *api, enum schedule_action action)
{
	struct upload *u = xcalloc(1, sizeof(*u));
	const char *if_match = action != SCHEDULE_ADD ? request_header(rq, "If-Match") : NULL;

	*u = (struct upload){.rq = rq,
	    .api = api,
	    .action = action,
	    .share = {.bodies = &api->bodies},
	    .if_match = if_match != NULL ? xstrdup(if_match) : NULL};
	/* the job's own limit is judged when it is read */
	buf_init(
	    &u->body, api->max_json < 2 * SCHEDULE_MAX_JOB ? api->max_json : 2 * SCHEDULE_MAX_JOB);
	return u;
}

static void take_body(struct upload *u)
{
	static const struct body_events events = {
	    .on_piece = on_piece, .on_end = on_end, .on_gone = on_gone};

	if (body_share_grow(&u->share, body_length(u->rq, u->body.max), u->rq))
		request_take_body(u->rq, &events, u);
	else
		free_upload(u);
}

void schedule_add_handle(struct request *rq, struct api *api)
{
	api_audit(rq, "schedule_add", "schedule");
	if (!api_is_media(request_header(rq, "Content-Type"), "application/json")) {
		request_add_header(rq, "Accept-Post", "application/json");
		request_refuse(rq, 415, "The Content-Type must be application/json.");
	} else if (check(rq, api)) {
		take_body(new_upload(rq, api, SCHEDULE_ADD));
	}
}

void schedule_patch_handle(struct request *rq, struct api *api)
{
	const char *type = request_header(rq, "Content-Type");
	struct id id;

	api_audit(rq, "schedule_change", "schedule");
	if (!api_read_id(rq, "schedule", &id))
		return;
	if (!api_is_media(type, "application/merge-patch+json") &&
	    !api_is_media(type, "application/json")) {
		request_add_header(
		    rq, "Accept-Patch", "application/merge-patch+json, application/json");
		request_refuse(rq, 415,
		    "The Content-Type must be application/merge-patch+json or application/json.");
	} else if (check(rq, api)) {
		struct upload *u = new_upload(rq, api, SCHEDULE_PATCH);
		u->id = id;
		take_body(u);
	}
}

static void switch_schedule(struct request *rq, struct api *api, enum schedule_action action)
{
	struct id id;

	if (!api_read_id(rq, "schedule", &id) || !check(rq, api))
		return;
	struct upload *u = new_upload(rq, api, action);
	u->id = id;
	start_edit(u);
}

void schedule_pause_handle(struct request *rq, struct api *api)
{
	api_audit(rq, "schedule_pause", "schedule");
	switch_schedule(rq, api, SCHEDULE_PAUSE);
}

void schedule_resume_handle(struct request *rq, struct api *api)
{
	api_audit(rq, "schedule_resume", "schedule");
	switch_schedule(rq, api, SCHEDULE_RESUME);
}

/* --- Remove --- */

static void on_removed(enum err e, void *arg)
{
	api_respond_deleted(arg, e, "schedule");
}

void schedule_delete_handle(struct request *rq, struct api *api)
{
	struct id id;

	api_audit(rq, "schedule_delete", "schedule");
	if (api_read_id(rq, "schedule", &id))
		schedules_remove(api->core, &id, on_removed, rq);
}

/* --- Run --- */

static void on_run(const struct submission_outcome *outcome, void *arg)
{
	struct request *rq = arg;

	if (outcome->problem->status != 0) {
		/* the job was good when it was stored: what is wrong is no fault of this request */
		if (outcome->problem->status == 422)
			request_refuse(rq, 409, "The job of the schedule is no longer valid: %s",
			    outcome->problem->n_errors > 0 ? outcome->problem->errors[0].detail
							   : outcome->problem->detail);
		else
			request_respond_problem(rq, outcome->problem);
		return;
	}
	api_add_location(rq, "/jobs/", &outcome->job->id);
	api_respond_job(rq, 202, outcome->job);
}

void schedule_run_handle(struct request *rq, struct api *api)
{
	struct id id;

	api_audit(rq, "schedule_run", "schedule");
	if (api_read_id(rq, "schedule", &id) && check(rq, api))
		schedules_run(api->core, &id, on_run, rq);
}
