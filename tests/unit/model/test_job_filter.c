/* Which jobs a filter lets through. */
#include "../unit.h"

#include "model/job_filter.h"

static char mine[] = "mine", empty[] = "";

static const struct {
	const char *name;
	struct job_filter filter;
	struct job job;
	bool fits;
} rows[] = {
    {"nothing is asked", {.label = NULL}, {.state = JOB_DONE}, true},
    {"state", {.has_state = true, .state = JOB_DONE}, {.state = JOB_DONE}, true},
    {"another state", {.has_state = true, .state = JOB_QUEUED}, {.state = JOB_DONE}, false},
    {"kind", {.has_kind = true, .kind = KIND_FLAGS}, {.kind = KIND_FLAGS}, true},
    {"another kind", {.has_kind = true}, {.kind = KIND_FLAGS}, false},
    {"paused", {.has_paused = true, .is_paused = true}, {.is_paused = true}, true},
    {"not paused", {.has_paused = true}, {.is_paused = true}, false},
    {"label", {.label = mine}, {.label = mine}, true},
    {"another label", {.label = mine}, {.label = empty}, false},
    {"no label", {.label = mine}, {.label = NULL}, false},
    {"an empty label is one", {.label = empty}, {.label = NULL}, false},
    {"schedule", {.schedule_id = {{1}}}, {.schedule_id = {{1}}}, true},
    {"another schedule", {.schedule_id = {{1}}}, {.schedule_id = {{2}}}, false},
    {"no schedule", {.schedule_id = {{1}}}, {.no = 1}, false},
    {"before", {.created_before = 10}, {.created_at = 9}, true},
    {"at that time", {.created_before = 10}, {.created_at = 10}, false},
    {"all but one fit", {.has_state = true, .has_kind = true, .label = mine, .created_before = 5},
	{.label = mine, .created_at = 7}, false},
};

TEST(lets_through)
{
	ck_assert_msg(
	    job_filter_fits(&rows[_i].filter, &rows[_i].job) == rows[_i].fits, "%s", rows[_i].name);
}

TEST(a_copy_stands_alone)
{
	struct job_filter copy = job_filter_copy(&rows[7].filter);

	ck_assert(copy.label != mine && strcmp(copy.label, mine) == 0);
	job_filter_done(&copy);
	ck_assert_ptr_null(copy.label);
}

SUITE(job_filter)
{
	ADD_ROWS(lets_through, rows);
	ADD(a_copy_stands_alone);
}
