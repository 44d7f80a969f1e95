/* Answers about schedules, changes and outcomes. What no daemon sends is in test_view.c. */
#include "../unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "ctl/view_schedule.h"
#include "hostile.h"

static const struct view_list changes_list = {"changes", view_read_change, true};
static const struct view_list outcomes_list = {.name = "outcomes", .read = view_read_outcome};

#define ID "01a20320-a200-7c31-9d52-6e0f4b8a17c3"

static void check_schedule(const void *item, void *arg)
{
	const struct schedule_view *s = item;
	const char *run = text_list_next(&s->next_runs, NULL);

	ck_assert_str_eq(s->id, ID);
	ck_assert_str_eq(s->every, "60s");
	ck_assert(s->cron == NULL && s->name == NULL && s->is_paused && s->runs == 0);
	ck_assert_str_eq(s->job, "{\"kind\":\"domains\"}");
	ck_assert_uint_eq(s->next_runs.n, 1);
	ck_assert_str_eq(run, "2026-11-22T12:00:00Z");
	*(bool *)arg = true;
}

TEST(schedule_is_read)
{
	static const char text[] =
	    "{\"id\":\"" ID "\",\"every\":\"60s\",\"name\":7,\"paused\":true,\"runs\":-1,"
	    "\"job\":{\"kind\": \"domains\"},\"next_runs\":[1,null,\"2026-11-22T12:00:00Z\"]}";
	bool is_called = false;

	ck_assert(
	    view_read_item(text, sizeof(text) - 1, view_read_schedule, check_schedule, &is_called));
	ck_assert(is_called);
}

static const struct {
	const char *name, *text;
} refused[] = {
    {"neither every nor cron", "{\"id\":\"" ID "\"}"},
    {"both", "{\"id\":\"" ID "\",\"every\":\"1h\",\"cron\":\"@daily\"}"},
    {"ID of another form", "{\"id\":\"7\",\"every\":\"1h\"}"},
};

TEST(half_a_schedule_is_refused)
{
	const char *text = refused[_i].text;

	ck_assert_msg(!view_read_item(text, strlen(text), view_read_schedule, NULL, NULL), "%s",
	    refused[_i].name);
}

static void check_change(const void *item, void *arg)
{
	const struct change_view *change = item;

	ck_assert(change->seq == 7 && change->from.status == NULL);
	ck_assert_str_eq(change->to.status, "error");
	ck_assert_str_eq(change->to.reason, "timeout");
	++*(int *)arg;
}

#define CHANGE                                                                                     \
	"{\"seq\":7,\"at\":\"2026-11-22T12:00:00Z\",\"target\":\"a.test\",\"from\":null,"          \
	"\"to\":{\"status\":\"error\",\"reason\":\"timeout\",\"value\":[]}}"

TEST(changes_are_read)
{
	static const char text[] = "{\"changes\":[" CHANGE "],\"next\":7}";
	struct view_page page;
	int n = 0;

	ck_assert(view_read_list(text, sizeof(text) - 1, &changes_list, check_change, &n, &page));
	ck_assert(n == 1 && page.n_items == 1);
	ck_assert_str_eq(page.next, "7");
	free(page.next);
	ck_assert(view_read_item(CHANGE, sizeof(CHANGE) - 1, view_read_change, check_change, &n));
	ck_assert_int_eq(n, 2);
}

TEST(empty_page_of_changes_is_the_last)
{
	static const char empty[] = "{\"changes\":[],\"next\":7}", endless[] = "{\"changes\":[]}";
	struct view_page page = {.n_items = 1};

	ck_assert(view_read_list(empty, sizeof(empty) - 1, &changes_list, NULL, NULL, &page));
	ck_assert(page.next == NULL && page.n_items == 0);
	ck_assert(!view_read_list(endless, sizeof(endless) - 1, &changes_list, NULL, NULL, &page));
}

static void check_outcome(const void *item, void *arg)
{
	const struct change_view *outcome = item;

	ck_assert(outcome->seq == 0 && outcome->from.status == NULL);
	ck_assert_str_eq(outcome->at, "2026-11-22T12:00:00Z");
	ck_assert_str_eq(outcome->to.value, "192.0.2.1");
	++*(int *)arg;
}

TEST(outcomes_are_read)
{
	static const char text[] =
	    "{\"outcomes\":[{\"since\":\"2026-11-22T12:00:00Z\",\"target\":\"a.test\","
	    "\"status\":\"found\",\"value\":\"192.0.2.1\"}],\"next\":null}";
	struct view_page page;
	int n = 0;

	ck_assert(view_read_list(text, sizeof(text) - 1, &outcomes_list, check_outcome, &n, &page));
	ck_assert(n == 1 && page.next == NULL);
}

static const struct {
	const char *name, *fields, *want;
} patches[] = {
    {"no job", "{\"name\":\"x\"}", "{\"name\":\"x\"}"},
    {"other job", "{\"job\":{\"kind\":\"flags\"}}",
	"{\"job\":{\"kind\":\"flags\",\"names\":null,\"tlds\":null}}"},
};

TEST(patch_replaces_the_job)
{
	static const char old[] =
	    "{\"job\":{\"kind\":\"domains\",\"names\":[\"a\"],\"tlds\":[\"test\"]}}";
	AUTO_FREE char *patch = view_make_patch(old, sizeof(old) - 1, patches[_i].fields);

	ck_row_str(patches[_i].name, patch, patches[_i].want);
}

TEST(objects_are_told)
{
	AUTO_FREE char *deep = hostile_nesting(100000);
	char fault[VIEW_FAULT_SIZE];

	ck_assert(view_check_object("{\"a\":1}", fault));
	ck_assert(!view_check_object("[]", fault));
	ck_assert_str_eq(fault, "not a JSON object");
	ck_assert(!view_check_object("{\n\"a\"}", fault) && strstr(fault, "line 2") != NULL);
	ck_assert(!view_check_object(deep, fault) && strlen(fault) < sizeof(fault));
}

SUITE(view_schedule)
{
	ADD(schedule_is_read);
	ADD_ROWS(half_a_schedule_is_refused, refused);
	ADD(changes_are_read);
	ADD(empty_page_of_changes_is_the_last);
	ADD(outcomes_are_read);
	ADD_ROWS(patch_replaces_the_job, patches);
	ADD(objects_are_told);
}
