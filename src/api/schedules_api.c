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

enum { LIST_DEFAULT = 100, LIST_MOST = 1000 };

static void log_audit(const struct request *rq, const char *action)
{
	struct buf client;

	buf_init(&client, 1024);
	request_describe_client(rq, &client);
	log_info("audit", "action=%s %s schedule=%s", action, client.data,
	    log_quote(request_path_param(rq)));
	buf_done(&client);
}

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

struct asking {
	struct request *rq;
	struct api *api;
};

static struct asking *new_asking(struct request *rq, struct api *api)
{
	struct asking *a = xcalloc(1, sizeof(*a));

	*a = (struct asking){rq, api};
	return a;
}

/* Read the id of the path; refuses with 404 when it is none. */
static bool read_id(struct request *rq, struct id *ret_id)
{
	if (id_parse(request_path_param(rq), ret_id))
		return true;
	request_refuse(rq, 404, "There is no such schedule.");
	return false;
}

static void on_loaded(struct store_op *op)
{
	struct asking *a = op->arg;
	const struct schedule *schedule = &op->u.schedule.schedule;
	char etag[32];

	if (op->err == ERR_NOT_FOUND) {
		request_refuse(a->rq, 404, "There is no such schedule.");
	} else if (op->err != OK) {
		request_refuse(a->rq, 500, "The schedule %s.",
		    op->err == ERR_DAMAGED ? "is damaged in the database" : "could not be read");
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

	if (!read_id(rq, &id))
		return;
	struct store_op *op = store_op_new(STORE_SCHEDULE_LOAD, on_loaded, new_asking(rq, api));
	op->u.schedule.schedule.id = id;
	store_start(api->store, op);
}

/* --- List --- */

static void on_listed(struct store_op *op)
{
	struct asking *a = op->arg;
	uint32_t n = op->u.schedules.n;
	struct buf body;
	char id[ID_TEXT_SIZE];

	if (op->err == ERR_DAMAGED && op->damage.what == DAMAGED_SCHEDULE) {
		id_format(&op->damage.id, id);
		request_refuse(a->rq, 500,
		    "Schedule %s is damaged in the database. Read what is behind it with "
		    "cursor=%s.",
		    id, id);
	} else if (op->err != OK) {
		request_refuse(a->rq, 500, "The list could not be read.");
	} else {
		buf_init(&body, SIZE_MAX / 2);
		buf_add_str(&body, "{\"schedules\":[");
		for (uint32_t i = 0; i < n; i++) {
			buf_add_str(&body, i > 0 ? "," : "");
			add_schedule(&body, a->api, &op->u.schedules.schedules[i], 1);
		}
		buf_add_str(&body, "],\"next\":");
		if (op->u.schedules.is_more && n > 0) {
			id_format(&op->u.schedules.schedules[n - 1].id, id);
			buf_addf(&body, "\"%s\"}\n", id);
		} else {
			buf_add_str(&body, "null}\n");
		}
		request_respond(a->rq, 200, "application/json", &body);
	}
	free(a);
}

void schedules_list_handle(struct request *rq, struct api *api)
{
	const char *name = request_query(rq, "name"), *cursor = request_query(rq, "cursor");
	uint64_t limit = LIST_DEFAULT;
	struct id before;

	memset(&before, 0xff, sizeof(before)); /* behind the newest */
	if (!api_query_number(rq, "limit", LIST_MOST, &limit))
		return;
	if (limit == 0) {
		request_refuse_query(rq, "limit", "This must be at least 1.");
	} else if (cursor != NULL && !id_parse(cursor, &before)) {
		request_refuse_query(rq, "cursor", "Not a valid cursor.");
	} else {
		struct store_op *op =
		    store_op_new(STORE_SCHEDULE_LIST, on_listed, new_asking(rq, api));
		op->u.schedules.before = before;
		op->u.schedules.limit = (uint32_t)limit;
		op->u.schedules.name = name != NULL ? xstrdup(name) : NULL;
		store_start(api->store, op);
	}
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
	char id[ID_TEXT_SIZE], location[64] = "/schedules/";

	if (schedule == NULL) {
		request_respond_problem(u->rq, problem);
	} else if (u->action == SCHEDULE_ADD) {
		id_format(&schedule->id, id);
		strncat(location, id, sizeof(location) - strlen(location) - 1);
		request_add_header(u->rq, "Location", location);
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

static bool is_media(const char *header, const char *type)
{
	size_t len = header != NULL ? strcspn(header, "; \t") : 0;

	return len == strlen(type) && strncasecmp(header, type, len) == 0;
}

/* May anything be changed now? Refuses otherwise. */
static bool check(struct request *rq, struct api *api)
{
	if (api->is_draining)
		request_refuse(rq, 503, "The daemon is stopping.");
	else if (!store_is_writable(api->store))
		request_refuse(
		    rq, 507, "The schedule can't be stored: the database can't be written.");
	else if (store_n_queued(api->store) > STORE_QUEUE_MANY)
		request_refuse(rq, 503, "The store is busy.");
	else
		return true;
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
	log_audit(rq, "schedule_add");
	if (!is_media(request_header(rq, "Content-Type"), "application/json")) {
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

	log_audit(rq, "schedule_change");
	if (!read_id(rq, &id))
		return;
	if (!is_media(type, "application/merge-patch+json") &&
	    !is_media(type, "application/json")) {
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

	if (!read_id(rq, &id) || !check(rq, api))
		return;
	struct upload *u = new_upload(rq, api, action);
	u->id = id;
	start_edit(u);
}

void schedule_pause_handle(struct request *rq, struct api *api)
{
	log_audit(rq, "schedule_pause");
	switch_schedule(rq, api, SCHEDULE_PAUSE);
}

void schedule_resume_handle(struct request *rq, struct api *api)
{
	log_audit(rq, "schedule_resume");
	switch_schedule(rq, api, SCHEDULE_RESUME);
}

/* --- Remove --- */

static void on_removed(enum err e, void *arg)
{
	struct request *rq = arg;

	if (e == OK)
		request_respond(rq, 204, NULL, NULL);
	else if (e == ERR_NOT_FOUND)
		request_refuse(rq, 404, "There is no such schedule.");
	else
		request_refuse(
		    rq, 507, "The schedule can't be deleted: the database can't be written.");
}

void schedule_delete_handle(struct request *rq, struct api *api)
{
	struct id id;

	log_audit(rq, "schedule_delete");
	if (read_id(rq, &id))
		schedules_remove(api->core, &id, on_removed, rq);
}

/* --- Run --- */

static void on_run(const struct submission_outcome *outcome, void *arg)
{
	struct request *rq = arg;
	struct buf body;
	char id[ID_TEXT_SIZE], location[64] = "/jobs/";

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
	buf_init(&body, SIZE_MAX / 2);
	json_job_add(&body, outcome->job, clock_wall());
	buf_add_char(&body, '\n');
	id_format(&outcome->job->id, id);
	strncat(location, id, sizeof(location) - strlen(location) - 1);
	request_add_header(rq, "Location", location);
	request_respond(rq, 202, "application/json", &body);
}

void schedule_run_handle(struct request *rq, struct api *api)
{
	struct id id;

	log_audit(rq, "schedule_run");
	if (read_id(rq, &id) && check(rq, api))
		schedules_run(api->core, &id, on_run, rq);
}
