/* Any text may come as the answer of a daemon: what is read of it is bounded and never NULL where
 * the headers say so. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/progress.h"
#include "ctl/view.h"
#include "ctl/view_schedule.h"

static const struct view_list jobs_list = {.name = "jobs", .read = view_read_job};
static const struct view_list schedules_list = {.name = "schedules", .read = view_read_schedule};
static const struct view_list changes_list = {"changes", view_read_change, true};
static const struct view_list outcomes_list = {.name = "outcomes", .read = view_read_outcome};

enum { N_COLUMNS = 80, MAX_BAR = 4096 };

static void check_job(const void *item, void *arg)
{
	const struct job_view *job = item;
	const struct progress progress = {.done = job->completed,
	    .total = job->total,
	    .n_good = job->counts[VIEW_GOOD],
	    .good = view_good_word(job),
	    .rate = job->rate,
	    .eta = job->eta};
	struct buf bar;

	(void)arg;
	FUZZ_CHECK(job->kind != NULL && strlen(job->id) == ID_TEXT_SIZE - 1);
	FUZZ_CHECK(job->rate >= 0 && job->rate <= VIEW_MAX_RATE);
	FUZZ_CHECK(job->eta >= -1 && job->eta <= CLOCK_WALL_MAX && job->elapsed >= 0);
	buf_init(&bar, MAX_BAR);
	progress_draw(&bar, &progress, N_COLUMNS);
	FUZZ_CHECK(!bar.overflow && bar.len <= N_COLUMNS + strlen(PROGRESS_ERASE));
	buf_done(&bar);
}

static void check_file(const void *item, void *arg)
{
	const struct file_view *file = item;

	(void)arg;
	FUZZ_CHECK(file->title != NULL && file->status != NULL);
	FUZZ_CHECK(file->http_status >= 0 && file->http_status <= 999);
}

static void check_schedule(const void *item, void *arg)
{
	const struct schedule_view *s = item;

	(void)arg;
	FUZZ_CHECK((s->every == NULL) != (s->cron == NULL));
	FUZZ_CHECK(strlen(s->id) == ID_TEXT_SIZE - 1);
}

static void check_change(const void *item, void *arg)
{
	const struct change_view *change = item;

	(void)arg;
	FUZZ_CHECK(change->at != NULL && change->target != NULL && change->to.status != NULL);
}

static void ignore(const void *item, void *arg)
{
	(void)item;
	(void)arg;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct view_page page = {.next = NULL};
	struct job_view job;
	uint64_t number;

	if (view_parse_job(text, size, &job)) {
		check_job(&job, NULL);
		view_job_done(&job);
	}
	(void)view_parse_number(text, size, "deleted", &number);
	(void)view_parse_file(text, size, check_file, NULL);
	(void)view_parse_dry_run(text, size, ignore, NULL);
	(void)view_read_item(text, size, view_read_schedule, check_schedule, NULL);
	(void)view_read_item(text, size, view_read_change, check_change, NULL);
	if (view_read_list(text, size, &jobs_list, check_job, NULL, &page))
		free(page.next);
	if (view_read_list(text, size, &schedules_list, check_schedule, NULL, &page))
		free(page.next);
	if (view_read_list(text, size, &changes_list, check_change, NULL, &page))
		free(page.next);
	if (view_read_list(text, size, &outcomes_list, check_change, NULL, &page))
		free(page.next);
	free(view_make_patch(text, size, "{\"job\":{\"kind\":\"flags\"}}"));
	return 0;
}
