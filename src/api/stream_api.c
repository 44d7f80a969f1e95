/* GET /jobs/{id}/results and /jobs/{id}/events: results as they are committed. Both read pages from
 * the store, from one sequence number on, so a stream can be resumed anywhere and never runs ahead
 * of the disk. A stream that has caught up with a live job sleeps until the job changes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/accept.h"
#include "api/api.h"
#include "base/alloc.h"
#include "base/str.h"
#include "loop/loop.h"
#include "wire/json_job.h"

enum { PAGE_BYTES = 128 << 10, JSON_DEFAULT = 1000, JSON_MOST = 10000 };

#define HEART_BEAT     (15 * USEC_PER_SEC)
#define PROGRESS_EVERY (USEC_PER_SEC / 2)

struct stream {
	struct request *rq;
	struct api *api;
	struct job job; /* as last told; its label is owned */
	bool is_live;   /* it may still change */
	bool is_following, is_events;
	bool has_more;   /* there may be rows behind those read */
	bool is_reading; /* a page is under way */
	bool is_closed;  /* nobody listens any more */
	bool is_read;    /* all rows are in `out` */
	bool is_ended;   /* ... and so is the tail */
	uint64_t after, limit, n_rows;
	bool has_status;
	enum item_status status;
	enum result_format format;
	struct buf out;
	size_t n_sent; /* bytes of `out` */
	struct subscription subscription;
	/* for events: */
	struct timer heart_beat;
	enum job_state told_state;
	bool told_paused;
	usec_t told_at;
};

static void free_stream(struct stream *s)
{
	events_unsubscribe(&s->subscription);
	timer_cancel(&s->heart_beat);
	buf_done(&s->out);
	job_done(&s->job);
	free(s);
}

static void on_change(const struct job *job, void *arg)
{
	struct stream *s = arg;

	if (job == NULL)
		return; /* the server has ended the stream */
	job_done(&s->job);
	s->job = job_copy(job);
	s->has_more = true;
	if (job_state_is_ended(job->state)) {
		s->is_live = false;
		events_unsubscribe(&s->subscription);
	}
	request_wake(s->rq);
}

/* --- Server-sent events beside the results --- */

static void add_job_event(struct stream *s, const char *event)
{
	buf_addf(&s->out, "event: %s\nid: %llu\ndata: ", event, (unsigned long long)s->after);
	json_job_add(&s->out, &s->job, clock_wall());
	buf_add_str(&s->out, "\n\n");
	s->told_at = clock_mono();
	s->told_state = s->job.state;
	s->told_paused = s->job.is_paused;
}

/* Tell of the job when all of its results up to now were sent. */
static void add_job_events(struct stream *s)
{
	bool is_over = !s->is_live && s->is_read;
	bool is_new = s->told_state != s->job.state || s->told_paused != s->job.is_paused;

	if (is_over || (is_new && s->is_live))
		add_job_event(s, "state");
	else if (s->is_live && clock_mono() - s->told_at >= PROGRESS_EVERY)
		add_job_event(s, "progress");
}

static void on_heart_beat(void *arg)
{
	struct stream *s = arg;

	if (s->n_sent == s->out.len)
		buf_add_str(&s->out, ": heart-beat\n\n");
	timer_start(&s->heart_beat, HEART_BEAT);
	request_wake(s->rq);
}

/* --- Pages --- */

static bool is_limit_reached(const struct stream *s)
{
	return s->limit > 0 && s->n_rows >= s->limit;
}

static void end_rows(struct stream *s)
{
	s->is_read = true;
	if (s->is_events)
		add_job_events(s);
	else
		result_add_tail(&s->out, s->format, s->after);
	s->is_ended = true;
}

static void on_page(struct store_op *op)
{
	struct stream *s = op->arg;

	s->is_reading = false;
	if (s->is_closed) {
		free_stream(s);
		return;
	}
	s->after = op->u.rows.last;
	s->n_rows += op->u.rows.n;
	buf_add(&s->out, op->u.rows.text.data, op->u.rows.text.len);
	s->has_more = s->has_more || op->u.rows.is_more;
	if (op->err != OK || is_limit_reached(s) ||
	    (!s->has_more && !(s->is_following && s->is_live)))
		end_rows(s);
	else if (s->is_events && !s->has_more)
		add_job_events(s);
	request_wake(s->rq);
}

static void ask_page(struct stream *s)
{
	struct store_op *op = store_op_new(STORE_ROWS, on_page, s);

	op->job_no = s->job.no;
	op->u.rows.after = s->after;
	op->u.rows.limit = s->limit > 0 ? s->limit - s->n_rows : 0;
	op->u.rows.max_bytes = PAGE_BYTES;
	op->u.rows.has_status = s->has_status;
	op->u.rows.status = s->status;
	op->u.rows.format = s->format;
	op->u.rows.is_first = s->n_rows == 0;
	s->is_reading = true;
	s->has_more = false;
	store_start(s->api->store, op);
}

static ssize_t on_read(char *bytes, size_t max, void *arg)
{
	struct stream *s = arg;
	size_t n = s->out.len - s->n_sent;

	if (n > 0) {
		n = n < max ? n : max;
		memcpy(bytes, s->out.data + s->n_sent, n);
		s->n_sent += n;
		return (ssize_t)n;
	}
	if (s->is_ended)
		return STREAM_END;
	buf_clear(&s->out);
	s->n_sent = 0;
	if (!s->is_reading && s->has_more)
		ask_page(s);
	return STREAM_WAIT;
}

static void on_close(void *arg)
{
	struct stream *s = arg;

	events_unsubscribe(&s->subscription);
	timer_cancel(&s->heart_beat);
	s->is_closed = true;
	if (!s->is_reading)
		free_stream(s);
}

static struct stream *new_stream(
    struct request *rq, struct api *api, const struct job *job, bool is_live)
{
	struct stream *s = xcalloc(1, sizeof(*s));

	s->rq = rq;
	s->api = api;
	s->job = job_copy(job);
	s->is_live = is_live && !job_state_is_ended(job->state);
	s->has_more = true;
	s->told_state = JOB_N_STATES;
	buf_init(&s->out, SIZE_MAX / 2);
	timer_init(&s->heart_beat, api->loop, on_heart_beat, s);
	return s;
}

static void start_stream(struct stream *s, const char *content_type)
{
	static const struct stream_events events = {.read = on_read, .close = on_close};

	if (s->is_live && s->is_following)
		events_subscribe(s->api->core, &s->job.id, &s->subscription, on_change, s);
	request_stream(s->rq, content_type, &events, s);
}

/* --- Results --- */

static const struct {
	const char *name, *media, *content_type;
} formats[] = {
    [FORMAT_NDJSON] = {"ndjson", "application/x-ndjson", "application/x-ndjson"},
    [FORMAT_JSON] = {"json", "application/json", "application/json"},
    [FORMAT_CSV] = {"csv", "text/csv", "text/csv; charset=utf-8; header=present"},
    [FORMAT_TEXT] = {"text", "text/plain", "text/plain; charset=utf-8"},
};

enum { N_RESULT_FORMATS = sizeof(formats) / sizeof(formats[0]) };

static bool choose_format(struct request *rq, enum result_format *ret_format)
{
	const char *name = request_query(rq, "format");
	const char *media[N_RESULT_FORMATS];

	for (int i = 0; i < N_RESULT_FORMATS; i++) {
		media[i] = formats[i].media;
		if (name != NULL && strcmp(formats[i].name, name) == 0) {
			*ret_format = (enum result_format)i;
			return true;
		}
	}
	if (name != NULL) {
		request_refuse_query(rq, "format", "This must be ndjson, json, csv or text.");
		return false;
	}
	int chosen = accept_choose(request_header(rq, "Accept"), media, N_RESULT_FORMATS);
	if (chosen < 0) {
		request_refuse(rq, 406,
		    "Results come as application/x-ndjson, application/json, text/csv or "
		    "text/plain.");
		return false;
	}
	*ret_format = (enum result_format)chosen;
	return true;
}

static bool read_flag(struct request *rq, const char *name, bool *ret_flag)
{
	const char *text = request_query(rq, name);

	if (text != NULL && strcmp(text, "true") != 0 && strcmp(text, "false") != 0) {
		request_refuse_query(rq, name, "This must be true or false.");
		return false;
	}
	*ret_flag = text != NULL && text[0] == 't';
	return true;
}

static void on_found_results(
    struct request *rq, struct api *api, const struct job *job, bool is_live)
{
	struct stream wanted = {.limit = 0};
	const char *status = request_query(rq, "status"), *limit = request_query(rq, "limit");

	if (!choose_format(rq, &wanted.format) ||
	    !api_query_number(rq, "after", INT64_MAX - 1, &wanted.after) ||
	    !api_query_number(
		rq, "limit", wanted.format == FORMAT_JSON ? JSON_MOST : INT64_MAX, &wanted.limit) ||
	    !read_flag(rq, "follow", &wanted.is_following))
		return;
	if (limit != NULL && wanted.limit == 0) {
		request_refuse_query(rq, "limit", "This must be at least 1.");
		return;
	}
	if (status != NULL && !item_status_parse(status, &wanted.status)) {
		request_refuse_query(rq, "status", "This must be found, ok, not_found or error.");
		return;
	}
	struct stream *s = new_stream(rq, api, job, is_live);
	s->format = wanted.format;
	s->after = wanted.after;
	s->limit = wanted.limit == 0 && wanted.format == FORMAT_JSON ? JSON_DEFAULT : wanted.limit;
	s->has_status = status != NULL;
	s->status = wanted.status;
	s->is_following = wanted.is_following && !api->is_draining;
	result_add_head(&s->out, s->format, job->kind);
	start_stream(s, formats[s->format].content_type);
}

void results_handle(struct request *rq, struct api *api)
{
	api_find_job(rq, api, on_found_results);
}

/* --- Events --- */

static void on_found_events(
    struct request *rq, struct api *api, const struct job *job, bool is_live)
{
	const char *last = request_header(rq, "Last-Event-ID");
	uint64_t after = 0;

	if (!api_query_number(rq, "after", INT64_MAX - 1, &after))
		return;
	if (last != NULL && str_to_u64(last, INT64_MAX - 1, &after) != OK) {
		request_refuse(rq, 400, "The Last-Event-ID must be a sequence number.");
		return;
	}
	/* nothing can come any more: 204 ends the reconnecting of an EventSource (HTML
	 * section 9.2.3) */
	if (!is_live && last != NULL && after >= job->completed) {
		request_respond(rq, 204, NULL, NULL);
		return;
	}
	struct stream *s = new_stream(rq, api, job, is_live);
	s->format = FORMAT_EVENTS;
	s->is_events = true;
	s->is_following = true;
	s->after = after;
	buf_add_str(&s->out, "retry: 2000\n\n");
	timer_start(&s->heart_beat, HEART_BEAT);
	start_stream(s, "text/event-stream");
}

void events_handle(struct request *rq, struct api *api)
{
	api_find_job(rq, api, on_found_events);
}
