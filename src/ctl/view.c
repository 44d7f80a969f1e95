/* Jobs and files, read from JSON. Thread: any. */
#include "ctl/view.h"

#include <jansson.h>
#include <string.h>

enum { MAX_HTTP_STATUS = 999 };

static usec_t get_msec(const json_t *object, const char *key)
{
	uint64_t msec = view_get_number(object, key);
	uint64_t max = (uint64_t)(CLOCK_WALL_MAX / USEC_PER_MSEC);

	return (usec_t)(msec < max ? msec : max) * USEC_PER_MSEC;
}

/* --- Jobs --- */

static double get_rate(const json_t *object)
{
	double rate = json_number_value(json_object_get(object, "rate_per_second"));

	if (!(rate > 0))
		return 0;
	return rate < VIEW_MAX_RATE ? rate : VIEW_MAX_RATE;
}

static void read_progress(const json_t *object, struct job_view *job)
{
	const json_t *counts = json_object_get(object, "counts");

	job->total = view_get_number(object, "total");
	job->completed = view_get_number(object, "completed");
	job->rate = get_rate(object);
	job->elapsed = get_msec(object, "elapsed_ms");
	if (json_is_integer(json_object_get(object, "eta_ms")))
		job->eta = get_msec(object, "eta_ms");
	job->is_files = json_object_get(counts, "ok") != NULL;
	job->is_registration = json_object_get(counts, "registered") != NULL;
	if (job->is_registration) {
		job->counts[VIEW_GOOD] = view_get_number(counts, "available");
		job->counts[VIEW_NOT_FOUND] =
		    view_get_number(counts, "registered") + view_get_number(counts, "reserved");
		job->counts[VIEW_ERROR] = view_get_number(counts, "unknown");
		return;
	}
	job->counts[VIEW_GOOD] = view_get_number(counts, job->is_files ? "ok" : "found") +
				 view_get_number(counts, "unchanged");
	job->counts[VIEW_NOT_FOUND] = view_get_number(counts, "not_found");
	job->counts[VIEW_ERROR] = view_get_number(counts, "error");
}

static bool read_job(json_t *object, struct job_view *ret_job)
{
	const char *id = view_get_text(object, "id"), *state = view_get_text(object, "state");
	struct job_view job = {.json = object,
	    .kind = view_get_text(object, "kind"),
	    .check = view_get_text(object, "check"),
	    .label = view_get_text(object, "label"),
	    .created_at = view_get_text(object, "created_at"),
	    .started_at = view_get_text(object, "started_at"),
	    .finished_at = view_get_text(object, "finished_at"),
	    .eta = -1,
	    .priority = view_get_number(object, "priority"),
	    .is_paused = json_is_true(json_object_get(object, "paused")),
	    .reason = view_get_text(object, "reason"),
	    .run_at = view_get_text(object, "run_at"),
	    .deadline = view_get_text(object, "deadline"),
	    .callback_url = view_get_text(object, "callback_url"),
	    .schedule_id = view_get_text(object, "schedule_id"),
	    .retry_of = view_get_text(object, "retry_of")};
	struct id number;

	if (id == NULL || job.kind == NULL || state == NULL || !id_parse(id, &number) ||
	    !job_state_parse(state, &job.state))
		return false;
	id_format(&number, job.id);
	read_progress(object, &job);
	*ret_job = job;
	return true;
}

bool view_job_wait(const struct job_view *job, size_t nth, struct wait_view *ret_wait)
{
	const json_t *wait = json_array_get(json_object_get(job->json, "waiting_for"), nth);

	*ret_wait = (struct wait_view){.host = view_get_text(wait, "host"),
	    .eta = view_get_text(wait, "eta"),
	    .until = view_get_text(wait, "until"),
	    .left = view_get_number(wait, "left"),
	    .rate = json_number_value(json_object_get(wait, "rate"))};
	return ret_wait->host != NULL;
}

bool view_parse_job(const char *text, size_t len, struct job_view *ret_job)
{
	json_t *root = view_load(text, len);

	if (root != NULL && read_job(root, ret_job))
		return true;
	json_decref(root);
	return false;
}

struct job_view view_ref_job(const struct job_view *job)
{
	json_incref(job->json);
	return *job;
}

void view_job_done(struct job_view *job)
{
	json_decref(job->json);
	*job = (struct job_view){.eta = -1};
}

bool view_read_job(const json_t *object, view_fn *on_job, void *arg)
{
	struct job_view job;

	if (!read_job((json_t *)object, &job))
		return false;
	on_job(&job, arg);
	return true;
}

bool view_parse_number(const char *text, size_t len, const char *name, uint64_t *ret_number)
{
	json_auto_t *root = view_load(text, len);

	if (!json_is_integer(json_object_get(root, name)))
		return false;
	*ret_number = view_get_number(root, name);
	return true;
}

const char *view_item_word(const struct job_view *job)
{
	if (!job->is_files)
		return "name";
	return strcmp(job->kind, "flags") == 0 ? "flag" : "file";
}

const char *view_good_word(const struct job_view *job)
{
	return job->is_files ? "downloaded" : job->is_registration ? "available" : "found";
}

const char *view_absent_word(const struct job_view *job)
{
	return job->is_registration ? "taken" : "not found";
}

const char *view_failed_word(const struct job_view *job)
{
	return job->is_registration ? "unknown" : "errors";
}

/* --- Files --- */

static bool read_file(const json_t *object, view_fn *on_file, void *arg)
{
	static const char *const titles[] = {"code", "name", "url"};
	uint64_t http_status = view_get_number(object, "http_status");
	struct file_view file = {.status = view_get_text(object, "status"),
	    .reason = view_get_text(object, "reason"),
	    .detail = view_get_text(object, "detail"),
	    .file = view_get_text(object, "file"),
	    .sha256 = view_get_text(object, "sha256"),
	    .n_bytes = view_get_number(object, "bytes"),
	    .http_status = http_status <= MAX_HTTP_STATUS ? (int)http_status : 0};

	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]) && file.title == NULL; i++)
		file.title = view_get_text(object, titles[i]);
	if (file.status == NULL || file.title == NULL)
		return false;
	on_file(&file, arg);
	return true;
}

bool view_parse_file(const char *line, size_t len, view_fn *on_file, void *arg)
{
	return view_read_item(line, len, read_file, on_file, arg);
}

/* --- Dry runs --- */

static bool read_dry_run(const json_t *object, view_fn *on_dry_run, void *arg)
{
	const json_t *first = json_array_get(json_object_get(object, "first"), 0);
	struct dry_run_view dry_run = {
	    .total = view_get_number(object, "total"), .first = json_string_value(first)};

	if (!json_is_integer(json_object_get(object, "total")))
		return false;
	on_dry_run(&dry_run, arg);
	return true;
}

bool view_parse_dry_run(const char *text, size_t len, view_fn *on_dry_run, void *arg)
{
	return view_read_item(text, len, read_dry_run, on_dry_run, arg);
}
