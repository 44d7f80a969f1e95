/* GET /jobs, GET and DELETE /jobs/{id}, POST /jobs/{id}/cancel, pause and resume. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "base/alloc.h"
#include "base/log.h"
#include "loop/loop.h"
#include "wire/json_job.h"

enum { LIST_DEFAULT = 100, LIST_MOST = 1000, WAIT_MOST = 60 };

static void respond_job(struct request *rq, const struct job *job)
{
	struct buf body;

	buf_init(&body, 1 << 16);
	json_job_add(&body, job, clock_wall());
	buf_add_char(&body, '\n');
	request_respond(rq, 200, "application/json", &body);
}

/* --- Show --- */

/* Times and rates pass by themselves, so the tag is weak (RFC 9110 section 8.8.1): it tells states
 * and counts apart. */
static void format_etag(const struct job *job, char ret_etag[static 48])
{
	snprintf(ret_etag, 48, "W/\"%s%s-%llu\"", job->is_paused ? "paused-" : "",
	    job_state_name(job->state), (unsigned long long)job->completed);
}

static void show(struct request *rq, const struct job *job)
{
	char etag[48];

	format_etag(job, etag);
	request_add_header(rq, "ETag", etag);
	etag[strlen(etag) - 1] = '\0'; /* between the quotes of W/"..." */
	if (request_header_has_tag(rq, "If-None-Match", etag + 3, true))
		request_respond(rq, 304, NULL, NULL);
	else
		respond_job(rq, job);
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
	show(w->rq, job);
	free(w);
}

/* The daemon stops before the job has ended. */
static void give_up_wait(struct waiter *w)
{
	timer_cancel(&w->timer);
	request_refuse(w->rq, 503, "The daemon is stopping.");
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
		show(rq, job);
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

struct listing {
	struct request *rq;
	struct api *api;
};

static void on_listed(struct store_op *op)
{
	struct listing *l = op->arg;
	struct buf body;
	usec_t now = clock_wall();
	char id[ID_TEXT_SIZE];

	if (op->err == ERR_DAMAGED && op->damage.what == DAMAGED_JOB) {
		id_format(&op->damage.id, id);
		request_refuse(l->rq, 500,
		    "Job %s is damaged in the database. Continue after it with cursor=%s.", id, id);
	} else if (op->err != OK) {
		request_refuse(l->rq, 500, "The list could not be read.");
	} else {
		buf_init(&body, 1 << 26);
		buf_add_str(&body, "{\"jobs\":[");
		for (uint32_t i = 0; i < op->u.list.n; i++) {
			const struct job *job = &op->u.list.jobs[i],
					 *live = jobs_find(l->api->core, &job->id);
			if (i > 0)
				buf_add_char(&body, ',');
			json_job_add(&body, live != NULL ? live : job, now);
		}
		buf_add_str(&body, "],\"next\":");
		if (op->u.list.is_more) {
			id_format(&op->u.list.jobs[op->u.list.n - 1].id, id);
			buf_addf(&body, "\"%s\"}\n", id);
		} else {
			buf_add_str(&body, "null}\n");
		}
		request_respond(l->rq, 200, "application/json", &body);
	}
	free(l);
}

void jobs_list_handle(struct request *rq, struct api *api)
{
	const char *cursor = request_query(rq, "cursor");
	uint64_t limit = LIST_DEFAULT;
	struct job_filter filter;
	struct id before;

	memset(&before, 0xff, sizeof(before)); /* behind the newest */
	if (!api_query_number(rq, "limit", LIST_MOST, &limit))
		return;
	if (limit == 0) {
		request_refuse_query(rq, "limit", "This must be at least 1.");
	} else if (cursor != NULL && !id_parse(cursor, &before)) {
		request_refuse_query(rq, "cursor", "Not a valid cursor.");
	} else if (api_read_filter(rq, &filter)) {
		struct listing *l = xcalloc(1, sizeof(*l));
		*l = (struct listing){rq, api};
		struct store_op *op = store_op_new(STORE_LIST, on_listed, l);
		op->u.list.limit = (uint32_t)limit;
		op->u.list.filter = filter;
		op->u.list.before = before;
		store_start(api->store, op);
	}
}

/* --- Cancel --- */

static void log_audit(const struct request *rq, const char *action)
{
	struct buf client;

	buf_init(&client, 1024);
	request_describe_client(rq, &client);
	log_info(
	    "audit", "action=%s %s job=%s", action, client.data, log_quote(request_path_param(rq)));
	buf_done(&client);
}

struct cancelling {
	struct request *rq;
	struct api *api;
};

static void on_found_cancel(
    struct request *rq, struct api *api, const struct job *job, bool is_live);

static void on_cancelled(enum err e, const struct job *job, void *arg)
{
	struct cancelling *c = arg;

	if (e == OK)
		respond_job(c->rq, job);
	else if (e == ERR_NOT_FOUND) /* it has just ended: show how */
		api_find_job(c->rq, c->api, on_found_cancel);
	else if (e == ERR_BUSY)
		request_refuse(c->rq, 503, "The daemon is stopping.");
	else
		request_refuse(
		    c->rq, 507, "The job can't be cancelled: the database can't be written.");
	free(c);
}

static void on_found_cancel(
    struct request *rq, struct api *api, const struct job *job, bool is_live)
{
	struct cancelling *c = xcalloc(1, sizeof(*c));

	*c = (struct cancelling){rq, api};
	if (is_live && jobs_cancel(api->core, &job->id, on_cancelled, c))
		return;
	free(c);
	respond_job(rq, job);
}

void job_cancel_handle(struct request *rq, struct api *api)
{
	log_audit(rq, "cancel");
	api_find_job(rq, api, on_found_cancel);
}

/* --- Pause and resume --- */

struct pausing {
	struct request *rq;
	struct api *api;
	struct id id;
};

static void refuse_ended(struct request *rq)
{
	request_refuse(rq, 409, "The job has already ended.");
}

static void on_paused(enum err e, void *arg)
{
	struct pausing *p = arg;
	const struct job *job = jobs_find(p->api->core, &p->id);

	if (e == OK && job != NULL)
		respond_job(p->rq, job);
	else if (e == OK || e == ERR_NOT_FOUND)
		refuse_ended(p->rq);
	else
		request_refuse(
		    p->rq, 507, "The change can't be stored: the database can't be written.");
	free(p);
}

static void set_paused(
    struct request *rq, struct api *api, const struct job *job, bool is_live, bool is_paused)
{
	struct pausing *p = xcalloc(1, sizeof(*p));

	*p = (struct pausing){rq, api, job->id};
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
	log_audit(rq, "pause");
	api_find_job(rq, api, on_found_pause);
}

void job_resume_handle(struct request *rq, struct api *api)
{
	log_audit(rq, "resume");
	api_find_job(rq, api, on_found_resume);
}

/* --- Delete --- */

static void on_deleted(enum err e, void *arg)
{
	struct request *rq = arg;

	if (e == OK)
		request_respond(rq, 204, NULL, NULL);
	else if (e == ERR_NOT_FOUND)
		request_refuse(rq, 404, "There is no such job.");
	else if (e == ERR_BUSY)
		request_refuse(rq, 503, "The daemon is stopping.");
	else
		request_refuse(rq, 507, "The job can't be deleted: the database can't be written.");
}

static void on_found_delete(
    struct request *rq, struct api *api, const struct job *job, bool is_live)
{
	(void)is_live;
	jobs_delete(api->core, job, on_deleted, rq);
}

void job_delete_handle(struct request *rq, struct api *api)
{
	log_audit(rq, "delete");
	api_find_job(rq, api, on_found_delete);
}
