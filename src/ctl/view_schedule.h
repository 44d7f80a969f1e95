/* What the daemon's answers say of schedules and their outcomes; patches of schedules. Thread: any.
 */
#pragma once

#include "base/id.h"
#include "ctl/view_json.h"
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
	const char *last_run_at, *last_job_id, *last_state; /* NULL: no run yet */
	uint64_t runs, skipped, changes;
	bool is_paused, is_running;
};

view_read_fn view_read_schedule; /* a schedule, or an item of "schedules": a struct schedule_view */

enum { VIEW_FAULT_SIZE = 200 };

/* Say whether the text is a JSON object; if it is not, `ret_fault` says why. */
bool view_check_object(const char *text, char ret_fault[static VIEW_FAULT_SIZE]);

/* Make a merge patch that sets `fields` in a schedule. A job among them replaces the old job as a
 * whole: its fields that the new one lacks are removed. New text, which the caller frees; NULL:
 * `schedule` is no schedule. */
char *view_make_patch(const char *schedule, size_t len, const char *fields);

/* --- Changes and outcomes --- */

/* The result of a check of a target; the text is borrowed. */
struct outcome_view {
	const char *status, *reason, *value; /* reason and value may be NULL */
};

struct change_view {
	uint64_t seq;
	const char *at, *target;      /* borrowed */
	struct outcome_view from, to; /* status NULL: unknown */
};

view_read_fn view_read_change; /* a change, or an item of "changes": a struct change_view */

/* An item of "outcomes": a struct change_view, in which `at` says since when the outcome holds, and
 * `seq` and `from` are empty. */
view_read_fn view_read_outcome;
