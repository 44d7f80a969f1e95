/* What the daemon tells. Beside view_schedule.c, this knows jansson. */
#include "ctl/view.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "ctl/view_load.h"

static char *copy_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? xstrdup(text) : NULL;
}

static uint64_t get_number(const json_t *object, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(object, key));

	return n > 0 ? (uint64_t)n : 0;
}

static usec_t get_msec(const json_t *object, const char *key)
{
	uint64_t msec = get_number(object, key);
	uint64_t most = (uint64_t)(CLOCK_WALL_MAX / USEC_PER_MSEC);

	return (usec_t)(msec < most ? msec : most) * USEC_PER_MSEC;
}

/* --- Jobs --- */

static void read_progress(const json_t *object, struct job_view *job)
{
	const json_t *counts = json_object_get(object, "counts");

	job->total = get_number(object, "total");
	job->completed = get_number(object, "completed");
	job->rate = json_number_value(json_object_get(object, "rate_per_second"));
	job->elapsed = get_msec(object, "elapsed_ms");
	if (json_is_integer(json_object_get(object, "eta_ms")))
		job->eta = get_msec(object, "eta_ms");
	job->is_files = json_object_get(counts, "ok") != NULL;
	job->counts[VIEW_GOOD] = get_number(counts, job->is_files ? "ok" : "found");
	job->counts[VIEW_NOT_FOUND] = get_number(counts, "not_found");
	job->counts[VIEW_ERROR] = get_number(counts, "error");
}

static void read_life(const json_t *object, struct job_view *job)
{
	job->priority = get_number(object, "priority");
	job->is_paused = json_is_true(json_object_get(object, "paused"));
	job->reason = copy_text(object, "reason");
	job->run_at = copy_text(object, "run_at");
	job->deadline = copy_text(object, "deadline");
	job->callback_url = copy_text(object, "callback_url");
	job->schedule_id = copy_text(object, "schedule_id");
	job->retry_of = copy_text(object, "retry_of");
}

static bool read_job(const json_t *object, struct job_view *ret_job)
{
	const char *id = json_string_value(json_object_get(object, "id"));
	const char *kind = json_string_value(json_object_get(object, "kind"));
	const char *state = json_string_value(json_object_get(object, "state"));
	struct job_view job = {.eta = -1};
	struct id number;

	if (id == NULL || kind == NULL || state == NULL || !id_parse(id, &number) ||
	    !job_state_parse(state, &job.state))
		return false;
	id_format(&number, job.id);
	job.kind = xstrdup(kind);
	job.check = copy_text(object, "check");
	job.label = copy_text(object, "label");
	job.created_at = copy_text(object, "created_at");
	job.started_at = copy_text(object, "started_at");
	job.finished_at = copy_text(object, "finished_at");
	read_life(object, &job);
	read_progress(object, &job);
	*ret_job = job;
	return true;
}

bool view_parse_job(const char *text, size_t len, struct job_view *ret_job)
{
	json_auto_t *root = view_load(text, len);

	return root != NULL && read_job(root, ret_job);
}

bool view_parse_jobs(const char *text, size_t len, view_job_fn *on_job, void *arg, char **ret_next)
{
	json_auto_t *root = view_load(text, len);
	const json_t *jobs = json_object_get(root, "jobs");
	json_t *object;
	size_t i;

	if (!json_is_array(jobs))
		return false;
	json_array_foreach(jobs, i, object)
	{
		struct job_view job;
		if (!read_job(object, &job))
			return false;
		if (on_job != NULL)
			on_job(&job, arg);
		view_job_done(&job);
	}
	*ret_next = copy_text(root, "next");
	return true;
}

static char *copy(const char *text)
{
	return text != NULL ? xstrdup(text) : NULL;
}

struct job_view view_copy_job(const struct job_view *job)
{
	struct job_view new = *job;

	new.kind = copy(job->kind);
	new.check = copy(job->check);
	new.label = copy(job->label);
	new.created_at = copy(job->created_at);
	new.started_at = copy(job->started_at);
	new.finished_at = copy(job->finished_at);
	new.reason = copy(job->reason);
	new.run_at = copy(job->run_at);
	new.deadline = copy(job->deadline);
	new.callback_url = copy(job->callback_url);
	new.schedule_id = copy(job->schedule_id);
	new.retry_of = copy(job->retry_of);
	return new;
}

void view_job_done(struct job_view *job)
{
	free(job->kind);
	free(job->check);
	free(job->label);
	free(job->created_at);
	free(job->started_at);
	free(job->finished_at);
	free(job->reason);
	free(job->run_at);
	free(job->deadline);
	free(job->callback_url);
	free(job->schedule_id);
	free(job->retry_of);
	*job = (struct job_view){.eta = -1};
}

bool view_parse_number(const char *text, size_t len, const char *name, uint64_t *ret_number)
{
	json_auto_t *root = view_load(text, len);

	if (!json_is_integer(json_object_get(root, name)))
		return false;
	*ret_number = get_number(root, name);
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
	return job->is_files ? "downloaded" : "found";
}

/* --- Files --- */

bool view_parse_file(const char *line, size_t len, struct file_view *ret_file)
{
	static const char *const titles[] = {"code", "name", "url"};
	json_auto_t *root = view_load(line, len);
	struct file_view file = {
	    .status = copy_text(root, "status"), .reason = copy_text(root, "reason")};

	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]) && file.title == NULL; i++)
		file.title = copy_text(root, titles[i]);
	file.detail = copy_text(root, "detail");
	file.file = copy_text(root, "file");
	file.http_status = (int)get_number(root, "http_status");
	if (file.status == NULL || file.title == NULL) {
		view_file_done(&file);
		return false;
	}
	*ret_file = file;
	return true;
}

void view_file_done(struct file_view *file)
{
	free(file->title);
	free(file->status);
	free(file->reason);
	free(file->detail);
	free(file->file);
}

/* --- Plans --- */

bool view_parse_plan(const char *text, size_t len, struct plan_view *ret_plan)
{
	json_auto_t *root = view_load(text, len);
	const char *first = json_string_value(json_array_get(json_object_get(root, "first"), 0));

	if (!json_is_integer(json_object_get(root, "total")))
		return false;
	ret_plan->total = get_number(root, "total");
	ret_plan->first = copy(first);
	return true;
}
