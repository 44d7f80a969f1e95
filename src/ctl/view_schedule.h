/* Schedules and what their runs have found, read from JSON; patches of schedules. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/id.h"
#include "model/spec.h"

/* --- A schedule --- */

struct schedule_view {
	char id[ID_TEXT_SIZE];
	const char *name;         /* borrowed, as all text here; NULL: none */
	const char *every, *cron; /* one of them is NULL */
	const char *timezone, *overlap, *catch_up, *jitter;
	const char *callback_url; /* NULL: none */
	const char *job;          /* JSON; NULL in lists */
	const char *created_at, *updated_at;
	const char *next_run_at;                            /* NULL: it is paused */
	struct text_list next_runs;                         /* empty in lists */
	const char *last_run_at, *last_job_id, *last_state; /* NULL: it never ran */
	uint64_t runs, skipped, changes;
	bool is_paused, is_running;
};

typedef void view_schedule_fn(const struct schedule_view *schedule, void *arg);

/* Read a schedule and call `on_schedule` with it; its texts are gone afterwards. False when the
 * text is none. */
bool view_parse_schedule(const char *text, size_t len, view_schedule_fn *on_schedule, void *arg);

/* Read {"schedules":[...],"next":...}: `on_schedule` is called for each, in order, unless it is
 * NULL. *ret_next is new text or NULL. False when the text is no list of schedules. */
bool view_parse_schedules(
    const char *text, size_t len, view_schedule_fn *on_schedule, void *arg, char **ret_next);

enum { VIEW_FAULT_SIZE = 200 };

/* Is the text an object of JSON? False with the fault told. */
bool view_check_object(const char *text, char ret_fault[static VIEW_FAULT_SIZE]);

/* Make a merge patch of a schedule from fields to set. A job among them takes the old one's place,
 * where the patch alone would mix the two. New text, which the caller frees; NULL when `schedule`
 * is none. */
char *view_make_patch(const char *schedule, size_t len, const char *fields);

/* --- Changes and outcomes --- */

/* What was found of a target; the text is borrowed. */
struct outcome_view {
	const char *status, *reason, *value; /* reason and value: NULL: none */
};

struct change_view {
	uint64_t seq;
	const char *at, *target, *job_id; /* borrowed */
	struct outcome_view from, to;     /* status NULL: it was not known */
};

typedef void view_change_fn(const struct change_view *change, void *arg);

/* As view_parse_schedule. */
bool view_parse_change(const char *text, size_t len, view_change_fn *on_change, void *arg);

/* Read {"changes":[...],"next":N}, as view_parse_schedules; *ret_next is NULL when there are none.
 */
bool view_parse_changes(
    const char *text, size_t len, view_change_fn *on_change, void *arg, char **ret_next);

/* A target's last outcome: `at` is since when it is so, `seq` and `from` are empty. */
bool view_parse_outcomes(
    const char *text, size_t len, view_change_fn *on_outcome, void *arg, char **ret_next);
