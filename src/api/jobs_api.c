/* GET /jobs, GET and DELETE /jobs/{id}, POST /jobs/{id}/cancel, pause and resume. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "base/alloc.h"
#include "base/log.h"
#include "loop/loop.h"
#include "model/registry_state.h"
#include "wire/json_job.h"

enum {
	WAIT_MOST = 60,  /* seconds */
	MOST_WAITS = 500 /* hosts of registries that are listed */
};

/* --- Show --- */

/* Times and rates pass by themselves, so the tag is weak (RFC 9110 section 8.8.1): it tells states
 * and counts apart. */
static void format_etag(const struct job *job, char ret_etag[static 48])
{
	snprintf(ret_etag, 48, "W/\"%s%s-%llu\"", job->is_paused ? "paused-" : "",
	    job_state_name(job->state), (unsigned long long)job->completed);
}

/* The job, with what it waits for if it checks registrations. */
static void respond(struct request *rq, struct api *api, const struct job *job)
{
	AUTO_FREE struct registry_wait *waits = NULL;
	struct buf body;

	if (job->kind != KIND_DOMAINS || job->check != CHECK_REGISTRATION) {
		api_respond_job(rq, 200, job);
		return;
	}
	waits = xcalloc(MOST_WAITS, sizeof(*waits));
	buf_init(&body, 1 << 20);
	json_job_add(&body, job, clock_wall());
	buf_truncate(&body, body.len - 1); /* the closing brace */
	json_waits_add(&body, waits, jobs_list_waits(api->core, &job->id, waits, MOST_WAITS));
	buf_add_str(&body, "}\n");
	request_respond(rq, 200, "application/json", &body);
}

static void show(struct request *rq, struct api *api, const struct job *job)
{
	char etag[48];

	format_etag(job, etag);
	request_add_header(rq, "ETag", etag);
	etag[strlen(etag) - 1] = '\0'; /* between the quotes of W/"..." */
	if (request_header_has_tag(rq, "If-None-Match", etag + 3, true))
		request_respond(rq, 304, NULL, NULL);
	else
		respond(rq, api, job);
}

/* Someone who waits for a job's end, or for the time given to pass. */
struct waiter {
	struct request *rq;
	struct api *api;
	struct id id;
	struct subscription subscription;
	struct timer timer;
};

static void end_wait(struct waiter *w, const struct job *job)
{
	events_unsubscribe(&w->subscription);
	timer_cancel(&w->timer);
	show(w->rq, w->api, job);
	free(w);
}

/* The daemon stops before the job has ended. */
static void give_up_wait(struct waiter *w)
{
	timer_cancel(&w->timer);
	api_refuse_stopping(w->rq);
	free(w);
}

static void on_change(const struct job *job, void *arg)
{
	if (job == NULL)
		give_up_wait(arg);
	else if (job_state_is_ended(job->state))
		end_wait(arg, job);
}

static void on_wait_over(void *arg)
{
	struct waiter *w = arg;
	const struct job *job = jobs_find(w->api->core, &w->id);

	if (job != NULL)
		end_wait(w, job);
}

static void on_found_show(struct request *rq, struct api *api, const struct job *job, bool is_live)
{
	uint64_t seconds = 0;

	if (!api_query_number(rq, "wait", WAIT_MOST, &seconds))
		return;
	if (!is_live || seconds == 0 || api->is_draining) {
		show(rq, api, job);
		return;
	}
	struct waiter *w = xcalloc(1, sizeof(*w));
	if (!request_wait(rq, on_wait_over, w)) {
		free(w);
		return;
	}
	w->rq = rq;
	w->api = api;
	w->id = job->id;
	timer_init(&w->timer, api->loop, on_wait_over, w);
	timer_start(&w->timer, (usec_t)seconds * USEC_PER_SEC);
	events_subscribe(api->core, &job->id, &w->subscription, on_change, w);
}

void job_show_handle(struct request *rq, struct api *api)
{
	api_find_job(rq, api, on_found_show);
}

/* --- List --- */

static struct id add_job(struct buf *b, struct api *api, const struct store_op *op, uint32_t nth)
{
	const struct job *job = &op->u.list.jobs[nth], *live = jobs_find(api->core, &job->id);

	json_job_add(b, live != NULL ? live : job, clock_wall());
	return job->id;
}

static void on_listed(struct store_op *op)
{
	static const struct api_list list = {"job", DAMAGED_JOB, add_job};

	api_respond_list(&list, op, op->u.list.n, op->u.list.is_more);
}

void jobs_list_handle(struct request *rq, struct api *api)
{
	struct job_filter filter;
	struct id before;
	uint64_t limit;

	if (!api_query_page(rq, &limit, &before) || !api_read_filter(rq, &filter))
		return;
	struct store_op *op = store_op_new(STORE_LIST, on_listed, call_new(rq, api, NULL));
	op->u.list.limit = (uint32_t)limit;
	op->u.list.filter = filter;
	op->u.list.before = before;
	store_start(api->store, op);
}

/* --- Cancel --- */

static void on_found_cancel(
    struct request *rq, struct api *api, const struct job *job, bool is_live);

static void on_cancelled(enum err e, const struct job *job, void *arg)
{
	struct call *c = arg;

	if (e == OK)
		api_respond_job(c->rq, 200, job);
	else if (e == ERR_NOT_FOUND) /* it has just ended: show how */
		api_find_job(c->rq, c->api, on_found_cancel);
	else
		api_refuse_change(c->rq, e, "job", "cancelled");
	free(c);
}

static void on_found_cancel(
    struct request *rq, struct api *api, const struct job *job, bool is_live)
{
	struct call *c = call_new(rq, api, NULL);

	if (is_live && jobs_cancel(api->core, &job->id, on_cancelled, c))
		return;
	free(c);
	api_respond_job(rq, 200, job);
}

void job_cancel_handle(struct request *rq, struct api *api)
{
	api_audit(rq, "cancel", "job");
	api_find_job(rq, api, on_found_cancel);
}

/* --- Pause and resume --- */

static void refuse_ended(struct request *rq)
{
	request_refuse(rq, 409, "The job has already ended.");
}

static void on_paused(enum err e, void *arg)
{
	struct call *p = arg;
	const struct job *job = jobs_find(p->api->core, &p->id);

	if (e == OK && job != NULL)
		api_respond_job(p->rq, 200, job);
	else if (e == OK || e == ERR_NOT_FOUND)
		refuse_ended(p->rq);
	else
		api_refuse_change(p->rq, e, "change", "stored");
	free(p);
}

static void set_paused(
    struct request *rq, struct api *api, const struct job *job, bool is_live, bool is_paused)
{
	struct call *p = call_new(rq, api, &job->id);

	if (is_live && jobs_pause(api->core, &job->id, is_paused, on_paused, p))
		return;
	free(p);
	refuse_ended(rq);
}

static void on_found_pause(struct request *rq, struct api *api, const struct job *job, bool is_live)
{
	set_paused(rq, api, job, is_live, true);
}

static void on_found_resume(
    struct request *rq, struct api *api, const struct job *job, bool is_live)
{
	set_paused(rq, api, job, is_live, false);
}

void job_pause_handle(struct request *rq, struct api *api)
{
	api_audit(rq, "pause", "job");
	api_find_job(rq, api, on_found_pause);
}

void job_resume_handle(struct request *rq, struct api *api)
{
	api_audit(rq, "resume", "job");
	api_find_job(rq, api, on_found_resume);
}

/* --- Delete --- */

static void on_deleted(enum err e, void *arg)
{
	api_respond_deleted(arg, e, "job");
}

static void on_found_delete(
    struct request *rq, struct api *api, const struct job *job, bool is_live)
{
	(void)is_live;
	jobs_delete(api->core, job, on_deleted, rq);
}

void job_delete_handle(struct request *rq, struct api *api)
{
	api_audit(rq, "delete", "job");
	api_find_job(rq, api, on_found_delete);
}
