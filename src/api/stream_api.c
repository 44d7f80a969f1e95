/* GET /jobs/{id}/results and /jobs/{id}/events: results as they are committed. Both read pages from
 * the store, from one sequence number on, so a stream can be resumed anywhere and never runs ahead
 * of the disk. A stream that has caught up with a live job sleeps until the job changes. */
#include <string.h>

#include "http/accept.h"
#include "api/feed.h"
#include "api/grid_api.h"
#include "base/alloc.h"
#include "model/rrtype.h"
#include "wire/json_job.h"

enum { PAGE_BYTES = 128 << 10, JSON_DEFAULT = 1000, JSON_MOST = 10000 };

#define PROGRESS_EVERY (USEC_PER_SEC / 2)

struct stream {
	struct feed feed; /* of results; first */
	struct job job;   /* as last told; its label is owned */
	bool is_live;     /* it may still change */
	bool is_following, is_events;
	uint64_t limit, n_rows;
	struct result_filter filter;
	enum result_format format;
	struct subscription subscription;
	/* for events: */
	enum job_state told_state;
	bool told_paused;
	usec_t told_at;
};

static void on_change(const struct job *job, void *arg)
{
	struct stream *s = arg;

	if (job == NULL)
		return; /* the server has ended the stream */
	job_done(&s->job);
	s->job = job_copy(job);
	s->feed.has_more = true;
	if (job_state_is_ended(job->state)) {
		s->is_live = false;
		events_unsubscribe(&s->subscription);
	}
	feed_wake(&s->feed);
}

/* --- Server-sent events beside the results --- */

static void add_job_event(struct stream *s, const char *event)
{
	struct buf *out = &s->feed.out;

	buf_addf(out, "event: %s\nid: %llu\ndata: ", event, (unsigned long long)s->feed.after);
	json_job_add(out, &s->job, clock_wall());
	buf_add_str(out, "\n\n");
	s->told_at = clock_mono();
	s->told_state = s->job.state;
	s->told_paused = s->job.is_paused;
}

/* Tell of the job when all of its results up to now were sent; `is_read`: and none will come. */
static void add_job_events(struct stream *s, bool is_read)
{
	bool is_over = !s->is_live && is_read;
	bool is_new = s->told_state != s->job.state || s->told_paused != s->job.is_paused;

	if (is_over || (is_new && s->is_live))
		add_job_event(s, "state");
	else if (s->is_live && clock_mono() - s->told_at >= PROGRESS_EVERY)
		add_job_event(s, "progress");
}

/* --- Pages --- */

static bool is_limit_reached(const struct stream *s)
{
	return s->limit > 0 && s->n_rows >= s->limit;
}

static void end_rows(struct stream *s)
{
	if (s->is_events)
		add_job_events(s, true);
	else
		result_add_tail(&s->feed.out, s->format, s->feed.after);
	s->feed.is_ended = true;
}

static void ask(struct feed *feed, struct store_op *op)
{
	const struct stream *s = (struct stream *)feed;

	op->job_no = s->job.no;
	op->u.rows.after = feed->after;
	op->u.rows.limit = s->limit > 0 ? s->limit - s->n_rows : 0;
	op->u.rows.max_bytes = PAGE_BYTES;
	op->u.rows.filter = s->filter;
	op->u.rows.format = s->format;
	op->u.rows.table = row_table_of(s->job.kind, s->job.check);
	op->u.rows.is_first = s->n_rows == 0;
}

static void take(struct feed *feed, const struct store_op *op)
{
	struct stream *s = (struct stream *)feed;

	feed->after = op->u.rows.last;
	s->n_rows += op->u.rows.n;
	buf_add(&feed->out, op->u.rows.text.data, op->u.rows.text.len);
	feed->has_more = feed->has_more || op->u.rows.is_more;
	if (op->err != OK)
		return;
	if (is_limit_reached(s) || (!feed->has_more && !(s->is_following && s->is_live)))
		end_rows(s);
	else if (s->is_events && !feed->has_more)
		add_job_events(s, false);
}

static void leave(struct feed *feed)
{
	struct stream *s = (struct stream *)feed;

	events_unsubscribe(&s->subscription);
	job_done(&s->job);
}

static struct stream *new_stream(
    struct request *rq, struct api *api, const struct job *job, bool is_live, uint64_t after)
{
	static const struct feed_kind kind = {STORE_ROWS, "job", "results", ask, take, leave};
	struct stream *s = xcalloc(1, sizeof(*s));

	feed_init(&s->feed, &kind, rq, api, after);
	s->job = job_copy(job);
	s->is_live = is_live && !job_state_is_ended(job->state);
	s->told_state = JOB_N_STATES;
	return s;
}

static void subscribe(struct stream *s)
{
	if (s->is_live && s->is_following)
		events_subscribe(s->feed.api->core, &s->job.id, &s->subscription, on_change, s);
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
		request_refuse_query(rq, "format", "This must be ndjson, json, csv, text or grid.");
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

/* How cells of CSV are written; taken with other formats too, since Accept may choose one. */
static bool read_csv(struct request *rq, bool *ret_is_safe)
{
	const char *text = request_query(rq, "csv");
	bool is_safe = text != NULL && strcmp(text, "safe") == 0;

	if (text != NULL && !is_safe && strcmp(text, "raw") != 0) {
		request_refuse_query(rq, "csv", "This must be raw or safe.");
		return false;
	}
	*ret_is_safe = is_safe;
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

static bool read_filter(struct request *rq, struct result_filter *ret_filter)
{
	const char *status = request_query(rq, "status"), *reason = request_query(rq, "reason");
	const char *rcode = request_query(rq, "rcode"), *type = request_query(rq, "type");

	ret_filter->has_status = status != NULL;
	ret_filter->has_reason = reason != NULL;
	ret_filter->has_rcode = rcode != NULL;
	ret_filter->has_type = type != NULL;
	if (status != NULL && !item_status_parse(status, &ret_filter->status))
		request_refuse_query(
		    rq, "status", "This must be a status, such as found, ok, not_found or error.");
	else if (reason != NULL && !reason_parse(reason, &ret_filter->reason))
		request_refuse_query(rq, "reason", "Unknown reason.");
	else if (rcode != NULL && !rcode_parse(rcode, &ret_filter->rcode))
		request_refuse_query(
		    rq, "rcode", "This must be the name of a response code, such as NXDOMAIN.");
	else if (type != NULL && !dns_type_parse(type, strlen(type), &ret_filter->type))
		request_refuse_query(
		    rq, "type", "This must be a type of records, such as MX or TYPE65280.");
	else
		return true;
	return false;
}

/* Read what the query wants; *ret_wanted is zeroed. False: the request was refused. */
static bool read_wanted(struct request *rq, struct stream *ret_wanted)
{
	struct stream *wanted = ret_wanted;
	bool is_safe = false;

	if (!choose_format(rq, &wanted->format) || !read_csv(rq, &is_safe) ||
	    !api_query_number(rq, "after", INT64_MAX - 1, &wanted->feed.after) ||
	    !api_query_number(rq, "limit", wanted->format == FORMAT_JSON ? JSON_MOST : INT64_MAX,
		&wanted->limit) ||
	    !read_flag(rq, "follow", &wanted->is_following))
		return false;
	if (request_query(rq, "limit") != NULL && wanted->limit == 0) {
		request_refuse_query(rq, "limit", "This must be at least 1.");
		return false;
	}
	if (wanted->limit == 0 && wanted->format == FORMAT_JSON)
		wanted->limit = JSON_DEFAULT;
	if (wanted->format == FORMAT_CSV && is_safe)
		wanted->format = FORMAT_CSV_SAFE;
	return read_filter(rq, &wanted->filter);
}

static void on_found_results(
    struct request *rq, struct api *api, const struct job *job, bool is_live)
{
	struct stream wanted = {.limit = 0};
	const char *format = request_query(rq, "format");

	if (format != NULL && strcmp(format, "grid") == 0) {
		grid_respond(rq, api, job);
		return;
	}
	if (!read_wanted(rq, &wanted))
		return;
	struct stream *s = new_stream(rq, api, job, is_live, wanted.feed.after);
	s->format = wanted.format;
	s->limit = wanted.limit;
	s->filter = wanted.filter;
	s->is_following = wanted.is_following && !api->is_draining;
	s->feed.is_whole = s->format == FORMAT_JSON;
	result_add_head(&s->feed.out, s->format, row_table_of(job->kind, job->check));
	subscribe(s);
	enum result_format type = s->format == FORMAT_CSV_SAFE ? FORMAT_CSV : s->format;
	feed_start(&s->feed, formats[type].content_type, s->is_live && s->is_following);
}

void results_handle(struct request *rq, struct api *api)
{
	api_find_job(rq, api, on_found_results);
}

/* --- Events --- */

static void on_found_events(
    struct request *rq, struct api *api, const struct job *job, bool is_live)
{
	uint64_t after = 0;

	if (!feed_read_after(rq, &after))
		return;
	/* nothing can come any more: 204 ends the reconnecting of an EventSource (HTML
	 * section 9.2.3) */
	if (!is_live && request_header(rq, "Last-Event-ID") != NULL && after >= job->completed) {
		request_respond(rq, 204, NULL, NULL);
		return;
	}
	struct stream *s = new_stream(rq, api, job, is_live, after);
	s->format = FORMAT_EVENTS;
	s->is_events = true;
	s->is_following = true;
	subscribe(s);
	feed_start_events(&s->feed);
}

void events_handle(struct request *rq, struct api *api)
{
	api_find_job(rq, api, on_found_events);
}
