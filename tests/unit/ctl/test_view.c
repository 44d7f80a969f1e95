/* Answers about jobs and files, first those that no daemon sends. */
#include "../unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "ctl/view.h"
#include "ctl/view_schedule.h"
#include "hostile.h"

static const struct view_list jobs_list = {.name = "jobs", .read = view_read_job};
static const struct view_list schedules_list = {.name = "schedules", .read = view_read_schedule};
static const struct view_list changes_list = {"changes", view_read_change, true};
static const struct view_list outcomes_list = {.name = "outcomes", .read = view_read_outcome};

#define ID  "01a20320-a200-7c31-9d52-6e0f4b8a17c3"
#define JOB "\"id\":\"" ID "\",\"kind\":\"domains\",\"state\":\"running\""

static void count_item(const void *item, void *arg)
{
	ck_assert_ptr_nonnull(item);
	++*(int *)arg;
}

/* Check that no reader takes a text for what it is not. */
static void check_refused(const char *name, const char *text, size_t len)
{
	AUTO_FREE char *copy = hostile_copy(text, len);
	struct view_page page = {.next = NULL};
	struct job_view job;
	uint64_t number;
	int n = 0;

	ck_assert_msg(!view_parse_job(copy, len, &job), "%s", name);
	ck_assert_msg(!view_read_list(copy, len, &jobs_list, count_item, &n, &page), "%s", name);
	ck_assert_msg(!view_parse_number(copy, len, "deleted", &number), "%s", name);
	ck_assert_msg(!view_parse_file(copy, len, count_item, &n), "%s", name);
	ck_assert_msg(!view_parse_dry_run(copy, len, count_item, &n), "%s", name);
	ck_assert_msg(!view_read_item(copy, len, view_read_schedule, count_item, &n), "%s", name);
	ck_assert_msg(
	    !view_read_list(copy, len, &schedules_list, count_item, &n, &page), "%s", name);
	ck_assert_msg(!view_read_item(copy, len, view_read_change, count_item, &n), "%s", name);
	ck_assert_msg(!view_read_list(copy, len, &changes_list, count_item, &n, &page), "%s", name);
	ck_assert_msg(
	    !view_read_list(copy, len, &outcomes_list, count_item, &n, &page), "%s", name);
	ck_assert_msg(view_make_patch(copy, len, "{\"name\":\"x\"}") == NULL, "%s", name);
	ck_assert_msg(n == 0 && page.next == NULL, "%s", name);
}

TEST(hostile_answers_are_refused)
{
	const struct hostile *h = &hostile_answers[_i];

	check_refused(h->name, h->text, h->len > 0 ? h->len : strlen(h->text));
}

TEST(deep_nesting_is_refused)
{
	AUTO_FREE char *text = hostile_nesting(1000000);

	check_refused("deep nesting", text, strlen(text));
}

TEST(no_bytes_are_refused)
{
	struct job_view job;

	ck_assert(!view_parse_job(NULL, 0, &job));
}

/* --- Jobs --- */

static const struct {
	const char *name, *members;
	uint64_t total, completed, n_good;
	double rate;
	usec_t elapsed, eta;
} numbers[] = {
    {"none", "\"x\":0", 0, 0, 0, 0, 0, -1},
    {"usual",
	"\"total\":10,\"completed\":4,\"counts\":{\"found\":3},\"rate_per_second\":2.5,"
	"\"elapsed_ms\":1500,\"eta_ms\":0",
	10, 4, 3, 2.5, 1500 * USEC_PER_MSEC, 0},
    {"negative",
	"\"total\":-1,\"completed\":-2,\"counts\":{\"found\":-3},\"rate_per_second\":-4,"
	"\"elapsed_ms\":-5,\"eta_ms\":-6",
	0, 0, 0, 0, 0, 0},
    {"huge",
	"\"total\":9223372036854775807,\"completed\":9223372036854775807,"
	"\"counts\":{\"found\":9223372036854775807},\"rate_per_second\":1e308,"
	"\"elapsed_ms\":9223372036854775807,\"eta_ms\":9223372036854775807",
	INT64_MAX, INT64_MAX, INT64_MAX, VIEW_MAX_RATE,
	CLOCK_WALL_MAX / USEC_PER_MSEC *USEC_PER_MSEC,
	CLOCK_WALL_MAX / USEC_PER_MSEC *USEC_PER_MSEC},
    {"reals and texts",
	"\"total\":1.5,\"completed\":\"2\",\"counts\":[3],\"rate_per_second\":\"4\","
	"\"elapsed_ms\":5.5,\"eta_ms\":\"6\"",
	0, 0, 0, 0, 0, -1},
};

TEST(numbers_are_bounded)
{
	char text[512];
	struct job_view job;

	snprintf(text, sizeof(text), "{" JOB ",%s}", numbers[_i].members);
	ck_assert_msg(view_parse_job(text, strlen(text), &job), "%s", numbers[_i].name);
	ck_assert_uint_eq(job.total, numbers[_i].total);
	ck_assert_uint_eq(job.completed, numbers[_i].completed);
	ck_assert_uint_eq(job.counts[VIEW_GOOD], numbers[_i].n_good);
	ck_assert(job.rate >= numbers[_i].rate && job.rate <= numbers[_i].rate);
	ck_assert_int_eq(job.elapsed, numbers[_i].elapsed);
	ck_assert_int_eq(job.eta, numbers[_i].eta);
	view_job_done(&job);
}

TEST(unknown_state_is_refused)
{
	static const char text[] = "{\"id\":\"" ID "\",\"kind\":\"domains\",\"state\":\"lost\"}";
	struct job_view job;

	ck_assert(!view_parse_job(text, sizeof(text) - 1, &job));
}

TEST(reference_outlives_the_first)
{
	static const char text[] = "{" JOB ",\"label\":\"my blog\",\"check\":7,\"paused\":true}";
	struct job_view job, again;

	ck_assert(view_parse_job(text, sizeof(text) - 1, &job));
	again = view_ref_job(&job);
	view_job_done(&job);
	ck_assert_str_eq(again.id, ID);
	ck_assert_str_eq(again.label, "my blog");
	ck_assert_str_eq(again.kind, "domains");
	ck_assert(again.check == NULL && again.is_paused && again.state == JOB_RUNNING);
	ck_assert_str_eq(view_item_word(&again), "name");
	ck_assert_str_eq(view_good_word(&again), "found");
	view_job_done(&again);
}

static const struct {
	const char *name, *next; /* JSON */
	const char *want;        /* NULL: none */
} cursors[] = {
    {"null", "null", NULL},
    {"text", "\"abc\"", "abc"},
    {"number", "12", "12"},
    {"object", "{}", NULL},
    {"real", "1.5", NULL},
};

TEST(pages_have_cursors)
{
	char text[256];
	struct view_page page;
	int n = 0;

	snprintf(
	    text, sizeof(text), "{\"jobs\":[{" JOB "},{" JOB "}],\"next\":%s}", cursors[_i].next);
	ck_assert(view_read_list(text, strlen(text), &jobs_list, count_item, &n, &page));
	ck_assert_msg(n == 2 && page.n_items == 2, "%s", cursors[_i].name);
	ck_assert_pstr_eq(page.next, cursors[_i].want);
	free(page.next);
	ck_assert(view_read_list(text, strlen(text), &jobs_list, NULL, NULL, &page));
	free(page.next);
}

TEST(fault_behind_good_jobs_is_seen)
{
	static const char text[] = "{\"jobs\":[{" JOB "},{\"id\":1}],\"next\":\"x\"}";
	struct view_page page;
	int n = 0;

	ck_assert(!view_read_list(text, sizeof(text) - 1, &jobs_list, count_item, &n, &page));
	ck_assert_int_eq(n, 1);
}

/* --- Files --- */

static const struct {
	const char *name, *line, *title, *file;
	int http_status;
} files[] = {
    {"code first",
	"{\"status\":\"ok\",\"url\":\"u\",\"name\":\"n\",\"code\":\"BR\",\"file\":\"BR.gif\"}",
	"BR", "BR.gif", 0},
    {"name next", "{\"status\":\"error\",\"url\":\"u\",\"name\":\"n\",\"http_status\":503}", "n",
	NULL, 503},
    {"URL last", "{\"status\":\"error\",\"url\":\"u\",\"file\":null}", "u", NULL, 0},
    {"no such status", "{\"status\":\"?\",\"url\":\"u\",\"http_status\":9223372036854775807}", "u",
	NULL, 0},
};

static void check_file(const void *item, void *arg)
{
	const struct file_view *file = item;
	int i = *(int *)arg;

	ck_row_str(files[i].name, file->title, files[i].title);
	ck_assert_pstr_eq(file->file, files[i].file);
	ck_assert_int_eq(file->http_status, files[i].http_status);
	*(int *)arg = -1;
}

TEST(files_are_read)
{
	int i = _i;

	ck_assert(view_parse_file(files[_i].line, strlen(files[_i].line), check_file, &i));
	ck_assert_int_eq(i, -1);
}

SUITE(view)
{
	tcase_add_loop_test(tcase, hostile_answers_are_refused, 0, n_hostile_answers);
	ADD(deep_nesting_is_refused);
	ADD(no_bytes_are_refused);
	ADD_ROWS(numbers_are_bounded, numbers);
	ADD(unknown_state_is_refused);
	ADD(reference_outlives_the_first);
	ADD_ROWS(pages_have_cursors, cursors);
	ADD(fault_behind_good_jobs_is_seen);
	ADD_ROWS(files_are_read, files);
}
