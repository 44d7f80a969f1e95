/* asyncprobectl jobs and show. Thread: main. */
#include <stdio.h>
#include <string.h>

#include "ctl/acts.h"
#include "ctl/commands.h"
#include "ctl/filter.h"
#include "ctl/message.h"
#include "ctl/pages.h"
#include "ctl/progress.h"

enum { KIND_WIDTH = 9 };

/* --- jobs --- */

struct listing {
	struct filter filter;
	const char *paused; /* true or false; NULL: any */
	struct pages pages;
	bool has_head; /* the table's first line is printed */
};

static void print_row(const void *item, void *arg)
{
	const struct job_view *job = item;
	struct listing *l = arg;
	char progress[48];
	int pad = KIND_WIDTH - (int)strnlen(job->kind, KIND_WIDTH);

	if (!l->has_head)
		printf("%-36s  %-9s  %-*s  %17s  %9s  %s\n", "ID", "STATE", KIND_WIDTH, "KIND",
		    "DONE/TOTAL", "FOUND/OK", "LABEL");
	l->has_head = true;
	snprintf(progress, sizeof(progress), "%llu/%llu", (unsigned long long)job->completed,
	    (unsigned long long)job->total);
	printf("%-36s  %-9s  ", job->id, job_state_name(job->state));
	message_print(stdout, job->kind);
	printf("%*s  %17s  %9llu  ", pad, "", progress, (unsigned long long)job->counts[VIEW_GOOD]);
	message_print(stdout, job->label != NULL ? job->label : "-");
	putchar('\n');
}

int cmd_jobs(int argc, char **argv, struct options *options)
{
	static const struct option_row own_options[] = {
	    {"paused", 0, NULL, "Only paused jobs", OPT_PRESET,
		.offset = offsetof(struct listing, paused), .takes = "true"},
	    {"not-paused", 0, NULL, "Only jobs that are not paused", OPT_PRESET,
		.offset = offsetof(struct listing, paused), .takes = "false"},
	    {0},
	};
	const struct syntax syntax = {
	    .groups = {{own_options, NULL, 0},
		{pages_options(), NULL, offsetof(struct listing, pages)},
		{filter_options(), FILTER_TITLE, offsetof(struct listing, filter)}},
	    .doc = "List jobs, newest first."};
	struct listing l = {.pages = {.list = {.name = "jobs", .read = view_read_job},
				.tells_more = true,
				.print = print_row,
				.arg = &l}};
	struct args args;
	struct fields path;

	args_parse(argc, argv, &syntax, options, &l, &args);
	fields_init(&path, "/jobs");
	filter_add(&l.filter, &path);
	fields_add_text(&path, "paused", l.paused);
	int status = pages_print(&l.pages, &path, options);
	fields_done(&path);
	return status;
}

/* --- show --- */

static void print_duration(const char *name, usec_t duration)
{
	struct buf text;

	buf_init(&text, 64);
	if (duration < 60 * USEC_PER_SEC)
		buf_addf(&text, "%.2fs", (double)duration / (double)USEC_PER_SEC);
	else
		progress_add_duration(&text, duration);
	message_print_field(name, text.data);
	buf_done(&text);
}

static void print_waits(const struct job_view *job)
{
	struct wait_view wait;
	struct buf text;

	for (size_t i = 0; view_job_wait(job, i, &wait); i++) {
		buf_init(&text, 1000);
		buf_addf(&text, "%s: %llu names, %.3g/s, until %s%s%s", wait.host,
		    (unsigned long long)wait.left, wait.rate, wait.eta != NULL ? wait.eta : "-",
		    wait.until != NULL ? ", held until " : "",
		    wait.until != NULL ? wait.until : "");
		message_print_field("waits for", text.data);
		buf_done(&text);
	}
}

static void print_job(const struct job_view *job)
{
	message_print_field("id", job->id);
	message_print_field("kind", job->kind);
	if (job->check != NULL)
		message_print_field("check", job->check);
	message_print_field("label", job->label);
	message_print_field("state", job_state_name(job->state));
	message_print_field("paused", job->is_paused ? "yes" : "no");
	message_print_field("reason", job->reason);
	message_print_count("priority", job->priority);
	message_print_field("run at", job->run_at);
	message_print_field("deadline", job->deadline);
	message_print_field("callback", job->callback_url);
	message_print_field("schedule", job->schedule_id);
	message_print_field("retry of", job->retry_of);
	message_print_field("created", job->created_at);
	message_print_field("started", job->started_at);
	message_print_field("finished", job->finished_at);
	print_duration("elapsed", job->elapsed);
	printf("%-11s%llu of %llu\n", "done", (unsigned long long)job->completed,
	    (unsigned long long)job->total);
	message_print_count(view_good_word(job), job->counts[VIEW_GOOD]);
	message_print_count(view_absent_word(job), job->counts[VIEW_NOT_FOUND]);
	message_print_count(view_failed_word(job), job->counts[VIEW_ERROR]);
	printf("%-11s%.1f/s\n", "rate", job->rate);
	if (job->eta >= 0 && !job_state_is_ended(job->state))
		print_duration("left", job->eta);
	print_waits(job);
}

static bool print_answer(const char *text, size_t len, void *arg)
{
	struct job_view job;

	(void)arg;
	if (!view_parse_job(text, len, &job))
		return false;
	print_job(&job);
	view_job_done(&job);
	return true;
}

int cmd_show(int argc, char **argv, struct options *options)
{
	static const struct act act = {"Show a job.", "job", "GET", "/jobs", "", print_answer};

	return acts_run(&act, argc, argv, options);
}
