/* POST /jobs, and POST /jobs/{id}/retry and confirm, which submit items of an ended job again. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/api.h"
#include "base/alloc.h"
#include "base/log.h"
#include "intake/submit.h"
#include "wire/json_job.h"
#include "wire/json_text.h"

enum { MAX_KEY = 255, MAX_LINES_HELD = 2 << 20 };

struct upload {
	struct request *rq;
	struct submission *submission; /* owned */
	struct body_share share;
	uint64_t n_bytes;  /* of the body, so far */
	uint64_t max_held; /* of its bytes; what is read further is held no more */
	struct buf client; /* who sends it, for the log */
	const char *verb;  /* for the log */
	bool has_lines;
};

static void respond_job(struct request *rq, const struct submission_outcome *outcome)
{
	struct buf body;

	buf_init(&body, 1 << 16);
	json_job_add(&body, outcome->job, clock_wall());
	buf_truncate(&body, body.len - 1); /* the closing brace */
	buf_addf(&body, ",\"invalid\":%llu}\n", (unsigned long long)outcome->invalid);
	api_add_location(rq, "/jobs/", &outcome->job->id);
	if (outcome->is_replay)
		request_add_header(rq, "Idempotency-Replayed", "true");
	request_respond(rq, 202, "application/json", &body);
}

static void respond_dry_run(struct request *rq, const struct submission_outcome *outcome)
{
	struct buf body;
	struct chunk_item item;
	size_t offset = 0;

	buf_init(&body, 1 << 20);
	bool is_files = job_kind_is_files(outcome->spec->kind);
	buf_addf(&body,
	    "{\"dry_run\":true,\"kind\":\"%s\",\"check\":", job_kind_name(outcome->spec->kind));
	json_add_optional(&body, is_files ? NULL : job_check_name(outcome->spec->check));
	buf_addf(&body, ",\"total\":%llu,\"duplicates\":%llu,\"invalid\":%llu,\"first\":[",
	    (unsigned long long)outcome->total, (unsigned long long)outcome->duplicates,
	    (unsigned long long)outcome->invalid);
	while (chunk_next(outcome->first, &offset, &item)) {
		if (body.data[body.len - 1] != '[')
			buf_add_char(&body, ',');
		struct file_item file;
		if (is_files && item.is_valid && file_item_read(item.text, item.len, &file))
			json_add_string(&body, file.url.bytes, file.url.len);
		else
			json_add_string(&body, item.text, item.len);
	}
	buf_add_char(&body, ']');
	buf_add(&body, outcome->plan.bytes, outcome->plan.len);
	buf_add_str(&body, "}\n");
	request_respond(rq, 200, "application/json", &body);
}

/* One line for each submission: who, what, how many. */
static void log_audit(const struct upload *u, const struct submission_outcome *outcome)
{
	char id[ID_TEXT_SIZE] = "-";
	bool is_good = outcome->problem->status == 0;

	if (outcome->job != NULL)
		id_format(&outcome->job->id, id);
	if (is_good)
		log_info("audit",
		    "action=%s %s job=%s kind=%s items=%llu duplicates=%llu invalid=%llu",
		    outcome->job == NULL ? "dry_run"
		    : outcome->is_replay ? "replay"
					 : u->verb,
		    u->client.data, id, job_kind_name(outcome->spec->kind),
		    (unsigned long long)outcome->total, (unsigned long long)outcome->duplicates,
		    (unsigned long long)outcome->invalid);
	else
		log_info("audit", "action=refuse %s status=%d why=%s", u->client.data,
		    outcome->problem->status,
		    log_quote(outcome->problem->detail != NULL ? outcome->problem->detail : ""));
}

static void free_upload(struct upload *u)
{
	submission_free(u->submission);
	body_share_end(&u->share);
	buf_done(&u->client);
	free(u);
}

static void on_done(const struct submission_outcome *outcome, void *arg)
{
	struct upload *u = arg;

	log_audit(u, outcome);
	if (outcome->problem->status != 0)
		request_respond_problem(u->rq, outcome->problem);
	else if (outcome->job != NULL)
		respond_job(u->rq, outcome);
	else
		respond_dry_run(u->rq, outcome);
	free_upload(u);
}

/* Let the share hold what the submission does. False when it can't: then all is over. A byte of a
 * share stands for four of memory, so a file of a list counts eight. */
static bool grow_share(struct upload *u)
{
	uint64_t n_bytes = u->n_bytes < u->max_held ? u->n_bytes : u->max_held;

	if (u->has_lines)
		n_bytes += 8 * submission_n_file_names(u->submission);
	if (body_share_grow(&u->share, n_bytes, u->rq))
		return true;
	free_upload(u);
	return false;
}

static void on_ready(void *arg)
{
	struct upload *u = arg;

	if (grow_share(u))
		request_continue(u->rq);
}

static size_t on_piece(const char *bytes, size_t n_bytes, void *arg)
{
	struct upload *u = arg;

	if (submission_is_busy(u->submission))
		return 0;
	u->n_bytes += n_bytes;
	if (grow_share(u))
		submission_feed(u->submission, bytes, n_bytes);
	return n_bytes;
}

static void on_end(void *arg)
{
	submission_end(((struct upload *)arg)->submission);
}

static void on_gone(void *arg)
{
	free_upload(arg);
}

static bool parse_content_type(const char *header, enum submission_body *ret_body)
{
	static const struct {
		const char *type;
		enum submission_body body;
	} types[] = {{"application/json", BODY_JSON}, {"text/plain", BODY_TEXT},
	    {"application/x-ndjson", BODY_NDJSON}};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (api_is_media(header, types[i].type)) {
			*ret_body = types[i].body;
			return true;
		}
	}
	return false;
}

/* May a job be taken now? Refuses otherwise. */
static bool check_state(struct request *rq, struct api *api)
{
	if (api->is_draining && !api->has_successor)
		api_refuse_stopping(rq);
	else
		return api_may_store(rq, api, "job");
	return false;
}

static bool check_key(struct request *rq)
{
	const char *key = request_header(rq, "Idempotency-Key");

	if (key == NULL || (*key != '\0' && strlen(key) <= MAX_KEY))
		return true;
	request_refuse(rq, 400, "The Idempotency-Key must have 1 to %d bytes.", MAX_KEY);
	return false;
}

/* May this body be taken, and of what kind is it? Refuses otherwise. */
static bool check(struct request *rq, struct api *api, enum submission_body *ret_body)
{
	const char *encoding = request_header(rq, "Content-Encoding");

	if (!parse_content_type(request_header(rq, "Content-Type"), ret_body)) {
		request_add_header(
		    rq, "Accept-Post", "application/json, text/plain, application/x-ndjson");
		request_refuse(rq, 415,
		    "The Content-Type must be application/json, text/plain or "
		    "application/x-ndjson.");
	} else if (encoding != NULL && strcasecmp(encoding, "identity") != 0) {
		request_add_header(rq, "Accept-Encoding", "identity");
		request_refuse(rq, 415, "Content-Encoding is not supported.");
	} else if (check_key(rq)) {
		return check_state(rq, api);
	}
	return false;
}

static void on_query(const char *name, const char *value, void *arg)
{
	submission_set(arg, name, value);
}

void submit_handle(struct request *rq, struct api *api)
{
	static const struct body_events events = {
	    .on_piece = on_piece, .on_end = on_end, .on_gone = on_gone};
	enum submission_body body;

	if (!check(rq, api, &body))
		return;
	uint64_t max_held = body == BODY_JSON ? api->max_json : MAX_LINES_HELD;
	struct body_share share = {.bodies = &api->bodies};
	if (!body_share_grow(&share, body_length(rq, max_held), rq))
		return;
	struct upload *u = xcalloc(1, sizeof(*u));
	struct submission_opts opts = {.body = body,
	    .idempotency_key = request_header(rq, "Idempotency-Key"),
	    .owner = request_token_name(rq),
	    .max_json = api->max_json,
	    .events = {.on_ready = on_ready, .on_done = on_done, .arg = u}};
	u->rq = rq;
	u->verb = "submit";
	u->share = share;
	u->max_held = max_held;
	u->has_lines = body != BODY_JSON;
	buf_init(&u->client, 1024);
	request_describe_client(rq, &u->client);
	u->submission = submission_new(api->core, &opts);
	request_each_query(rq, on_query, u->submission);
	request_take_body(rq, &events, u);
}

typedef struct submission *new_fn(
    struct core *core, const struct job *job, const struct submission_opts *opts);

static void submit_again(
    struct request *rq, struct api *api, const struct job *job, const char *verb, new_fn *make)
{
	struct upload *u = xcalloc(1, sizeof(*u));
	const struct submission_opts opts = {
	    .idempotency_key = request_header(rq, "Idempotency-Key"),
	    .owner = request_token_name(rq),
	    .events = {.on_done = on_done, .arg = u}};

	u->rq = rq;
	u->verb = verb;
	buf_init(&u->client, 1024);
	request_describe_client(rq, &u->client);
	request_set_slow(rq);
	u->submission = make(api->core, job, &opts);
}

static void on_found_retry(struct request *rq, struct api *api, const struct job *job, bool is_live)
{
	if (is_live)
		request_refuse(rq, 409, "The job has not ended.");
	else if (job_failed(job) == 0)
		request_refuse(rq, 409, "No items of the job failed.");
	else
		submit_again(rq, api, job, "retry", submission_new_retry);
}

static void on_found_confirm(
    struct request *rq, struct api *api, const struct job *job, bool is_live)
{
	if (is_live)
		request_refuse(rq, 409, "The job has not ended.");
	else if (job->kind != KIND_DOMAINS || job->check != CHECK_REGISTRATION)
		request_refuse(rq, 409, "The job does not check registrations.");
	else
		submit_again(rq, api, job, "confirm", submission_new_confirm);
}

void job_retry_handle(struct request *rq, struct api *api)
{
	if (check_key(rq) && check_state(rq, api))
		api_find_job(rq, api, on_found_retry);
}

void job_confirm_handle(struct request *rq, struct api *api)
{
	if (check_key(rq) && check_state(rq, api))
		api_find_job(rq, api, on_found_confirm);
}
