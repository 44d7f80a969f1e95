/* Schedules and what their runs have found. Beside view.c, this knows jansson. */
#include "ctl/view_schedule.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "ctl/view_load.h"
#include "model/state.h"
#include "wire/jvalue.h"

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static uint64_t number_of(const json_t *object, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(object, key));

	return n > 0 ? (uint64_t)n : 0;
}

static char *copy_text(const json_t *object, const char *key)
{
	const char *text = text_of(object, key);

	return text != NULL ? xstrdup(text) : NULL;
}

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
	s->next_run_at = text_of(object, "next_run_at");
	s->last_run_at = text_of(object, "last_run_at");
	s->last_job_id = text_of(object, "last_job_id");
	s->last_state = text_of(object, "last_state");
	s->runs = number_of(object, "runs");
	s->skipped = number_of(object, "skipped");
	s->changes = number_of(object, "changes");
	s->is_running = json_is_true(json_object_get(object, "running"));
}

static bool read_schedule(const json_t *object, view_schedule_fn *on_schedule, void *arg)
{
	const char *id = text_of(object, "id");
	struct schedule_view s = {.name = text_of(object, "name"),
	    .every = text_of(object, "every"),
	    .cron = text_of(object, "cron"),
	    .timezone = text_of(object, "timezone"),
	    .overlap = text_of(object, "overlap"),
	    .catch_up = text_of(object, "catch_up"),
	    .jitter = text_of(object, "jitter"),
	    .callback_url = text_of(object, "callback_url"),
	    .created_at = text_of(object, "created_at"),
	    .updated_at = text_of(object, "updated_at"),
	    .is_paused = json_is_true(json_object_get(object, "paused"))};
	struct id number;

	if (id == NULL || !id_parse(id, &number) || (s.every == NULL) == (s.cron == NULL))
		return false;
	if (on_schedule == NULL)
		return true;
	AUTO_FREE char *job = json_dumps(json_object_get(object, "job"), JSON_COMPACT);
	id_format(&number, s.id);
	s.job = job;
	buf_init(&s.next_runs.bytes, SIZE_MAX / 2);
	read_runs(object, &s);
	on_schedule(&s, arg);
	buf_done(&s.next_runs.bytes);
	return true;
}

bool view_parse_schedule(const char *text, size_t len, view_schedule_fn *on_schedule, void *arg)
{
	json_auto_t *root = view_load(text, len);

	return read_schedule(root, on_schedule, arg);
}

/* A page may hold a thousand jobs of a megabyte: each is read by itself. */
bool view_parse_schedules(
    const char *text, size_t len, view_schedule_fn *on_schedule, void *arg, char **ret_next)
{
	struct problem fault = {.status = 0};
	struct jvalue root = {NULL, 0}, one;

	(void)jvalue_parse(text, len, &root, &fault);
	problem_done(&fault);
	struct jvalue schedules = jvalue_find(root, "schedules"), next = jvalue_find(root, "next");
	if (jvalue_type(schedules) != '[')
		return false;
	for (const char *at = jvalue_begin(schedules); jvalue_next(&at, &one);) {
		if (!view_parse_schedule(one.at, one.len, on_schedule, arg))
			return false;
	}
	if (jvalue_type(next) == '"') {
		*ret_next = xmalloc(next.len + 5);
		jvalue_copy(next, *ret_next, next.len + 5);
	} else {
		*ret_next = NULL;
	}
	return true;
}

/* --- Patches --- */

bool view_check_object(const char *text, char ret_fault[static VIEW_FAULT_SIZE])
{
	json_error_t error = {.line = 1};
	json_auto_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	if (json_is_object(root))
		return true;
	snprintf(ret_fault, VIEW_FAULT_SIZE, "%s (line %d, column %d)",
	    root != NULL ? "this must be an object" : error.text, error.line, error.column);
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
	return (struct outcome_view){
	    text_of(object, "status"), text_of(object, "reason"), text_of(object, "value")};
}

static bool read_change(const json_t *object, view_change_fn *on_change, void *arg)
{
	const struct change_view change = {.seq = number_of(object, "seq"),
	    .at = text_of(object, "at"),
	    .target = text_of(object, "target"),
	    .job_id = text_of(object, "job_id"),
	    .from = read_outcome(json_object_get(object, "from")),
	    .to = read_outcome(json_object_get(object, "to"))};

	if (change.seq == 0 || change.at == NULL || change.target == NULL ||
	    change.to.status == NULL)
		return false;
	if (on_change != NULL)
		on_change(&change, arg);
	return true;
}

bool view_parse_change(const char *text, size_t len, view_change_fn *on_change, void *arg)
{
	json_auto_t *root = view_load(text, len);

	return read_change(root, on_change, arg);
}

bool view_parse_changes(
    const char *text, size_t len, view_change_fn *on_change, void *arg, char **ret_next)
{
	json_auto_t *root = view_load(text, len);
	const json_t *changes = json_object_get(root, "changes"), *object;
	size_t i;

	if (!json_is_array(changes) || !json_is_integer(json_object_get(root, "next")))
		return false;
	json_array_foreach(changes, i, object)
	{
		if (!read_change(object, on_change, arg))
			return false;
	}
	*ret_next = json_array_size(changes) > 0
			? json_dumps(json_object_get(root, "next"), JSON_ENCODE_ANY)
			: NULL;
	return true;
}

bool view_parse_outcomes(
    const char *text, size_t len, view_change_fn *on_outcome, void *arg, char **ret_next)
{
	json_auto_t *root = view_load(text, len);
	const json_t *outcomes = json_object_get(root, "outcomes"), *object;
	size_t i;

	if (!json_is_array(outcomes))
		return false;
	json_array_foreach(outcomes, i, object)
	{
		const struct change_view outcome = {.at = text_of(object, "since"),
		    .target = text_of(object, "target"),
		    .job_id = text_of(object, "job_id"),
		    .to = read_outcome(object)};
		if (outcome.at == NULL || outcome.target == NULL || outcome.to.status == NULL)
			return false;
		if (on_outcome != NULL)
			on_outcome(&outcome, arg);
	}
	*ret_next = copy_text(root, "next");
	return true;
}
