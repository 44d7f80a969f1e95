/* Schedules, changes and outcomes, read from JSON. Thread: any. */
#include "ctl/view_schedule.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "model/state.h"

/* --- Schedules --- */

static void read_runs(const json_t *object, struct schedule_view *s)
{
	const json_t *time;
	size_t i;

	json_array_foreach(json_object_get(object, "next_runs"), i, time)
	{
		if (json_is_string(time))
			text_list_add(&s->next_runs, json_string_value(time));
	}
	s->next_run_at = view_get_text(object, "next_run_at");
	s->last_run_at = view_get_text(object, "last_run_at");
	s->last_job_id = view_get_text(object, "last_job_id");
	s->last_state = view_get_text(object, "last_state");
	s->runs = view_get_number(object, "runs");
	s->skipped = view_get_number(object, "skipped");
	s->changes = view_get_number(object, "changes");
	s->is_running = json_is_true(json_object_get(object, "running"));
}

bool view_read_schedule(const json_t *object, view_fn *on_schedule, void *arg)
{
	const char *id = view_get_text(object, "id");
	struct schedule_view s = {.name = view_get_text(object, "name"),
	    .every = view_get_text(object, "every"),
	    .cron = view_get_text(object, "cron"),
	    .timezone = view_get_text(object, "timezone"),
	    .overlap = view_get_text(object, "overlap"),
	    .catch_up = view_get_text(object, "catch_up"),
	    .jitter = view_get_text(object, "jitter"),
	    .callback_url = view_get_text(object, "callback_url"),
	    .created_at = view_get_text(object, "created_at"),
	    .updated_at = view_get_text(object, "updated_at"),
	    .is_paused = json_is_true(json_object_get(object, "paused"))};
	struct id number;

	if (id == NULL || !id_parse(id, &number) || (s.every == NULL) == (s.cron == NULL))
		return false;
	AUTO_FREE char *job = json_dumps(json_object_get(object, "job"), JSON_COMPACT);
	id_format(&number, s.id);
	s.job = job;
	buf_init(&s.next_runs.bytes, SIZE_MAX / 2);
	read_runs(object, &s);
	on_schedule(&s, arg);
	buf_done(&s.next_runs.bytes);
	return true;
}

/* --- Patches --- */

bool view_check_object(const char *text, char ret_fault[static VIEW_FAULT_SIZE])
{
	json_error_t error;
	json_auto_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	if (json_is_object(root))
		return true;
	if (root != NULL)
		snprintf(ret_fault, VIEW_FAULT_SIZE, "not a JSON object");
	else
		snprintf(ret_fault, VIEW_FAULT_SIZE, "%s (line %d, column %d)", error.text,
		    error.line, error.column);
	return false;
}

char *view_make_patch(const char *schedule, size_t len, const char *fields)
{
	json_auto_t *old = view_load(schedule, len);
	json_auto_t *patch = json_loads(fields, JSON_REJECT_DUPLICATES, NULL);
	json_t *job = json_object_get(patch, "job"), *value;
	const char *name;

	if (!json_is_object(json_object_get(old, "job")) || patch == NULL)
		return NULL;
	json_object_foreach(json_object_get(old, "job"), name, value)
	{
		if (job != NULL && json_object_get(job, name) == NULL)
			json_object_set_new(job, name, json_null());
	}
	return json_dumps(patch, JSON_COMPACT);
}

/* --- Changes and outcomes --- */

static struct outcome_view read_outcome(const json_t *object)
{
	return (struct outcome_view){view_get_text(object, "status"),
	    view_get_text(object, "reason"), view_get_text(object, "value")};
}

bool view_read_change(const json_t *object, view_fn *on_change, void *arg)
{
	const struct change_view change = {.seq = view_get_number(object, "seq"),
	    .at = view_get_text(object, "at"),
	    .target = view_get_text(object, "target"),
	    .from = read_outcome(json_object_get(object, "from")),
	    .to = read_outcome(json_object_get(object, "to"))};

	if (change.seq == 0 || change.at == NULL || change.target == NULL ||
	    change.to.status == NULL)
		return false;
	on_change(&change, arg);
	return true;
}

bool view_read_outcome(const json_t *object, view_fn *on_outcome, void *arg)
{
	const struct change_view outcome = {.at = view_get_text(object, "since"),
	    .target = view_get_text(object, "target"),
	    .to = read_outcome(object)};

	if (outcome.at == NULL || outcome.target == NULL || outcome.to.status == NULL)
		return false;
	on_outcome(&outcome, arg);
	return true;
}
