/* asyncprobectl jobs and show. Thread: main. */
#include <stdio.h>
#include <string.h>

#include "ctl/answer.h"
#include "ctl/commands.h"
#include "ctl/filter.h"
#include "ctl/pages.h"
#include "ctl/progress.h"
#include "ctl/view.h"

enum { MAX_PATH_BYTES = 4096, KIND_WIDTH = 9 };
enum { OPT_PAUSED = 0x100, OPT_NOT_PAUSED };

/* --- jobs --- */

struct listing {
	struct filter filter;
	const char *paused; /* true or false; NULL: any */
	struct pages pages;
	bool has_head; /* the table's first line is printed */
};

static error_t on_jobs_option(int key, char *value, struct argp_state *state)
{
	struct listing *l = state->input;

	switch (key) {
	case OPT_PAUSED:
		l->paused = "true";
		return 0;
	case OPT_NOT_PAUSED:
		l->paused = "false";
		return 0;
	default:
		return pages_option(&l->pages, key, value, state);
	}
}

static void print_row(const struct job_view *job, void *arg)
{
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
	answer_print(stdout, job->kind);
	printf("%*s  %17s  %9llu  ", pad, "", progress, (unsigned long long)job->counts[VIEW_GOOD]);
	answer_print(stdout, job->label != NULL ? job->label : "-");
	putchar('\n');
}

static bool read_page(
    const char *text, size_t len, bool is_shown, void *arg, struct page_end *ret_end)
{
	return view_parse_jobs(text, len, is_shown ? print_row : NULL, arg, &ret_end->next);
}

int cmd_jobs(int argc, char **argv, struct options *options)
{
	static const struct argp_option own_options[] = {
	    {"paused", OPT_PAUSED, NULL, 0, "Only jobs that are paused", 0},
	    {"not-paused", OPT_NOT_PAUSED, NULL, 0, "Only jobs that are not", 0},
	    PAGES_OPTIONS("jobs"),
	    {0},
	};
	struct listing l = {
	    .pages = {.cursor_name = "cursor", .things = "jobs", .read = read_page, .arg = &l}};
	const struct syntax syntax = {.options = own_options,
	    .on_option = on_jobs_option,
	    .doc = "List jobs, newest first.",
	    .shared = filter_argp(),
	    .shared_input = &l.filter,
	    .shared_title = FILTER_TITLE};
	struct words words;
	struct buf path;

	args_parse(argc, argv, &syntax, options, &l, &words);
	buf_init(&path, MAX_PATH_BYTES);
	buf_add_str(&path, "/jobs");
	filter_add(&l.filter, &path);
	if (l.paused != NULL)
		http_add_query(&path, "paused", l.paused);
	l.pages.path = path.data;
	int status = pages_print(&l.pages, options);
	buf_done(&path);
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
	answer_print_field(name, text.data);
	buf_done(&text);
}

static void print_job(const struct job_view *job)
{
	answer_print_field("id", job->id);
	answer_print_field("kind", job->kind);
	if (job->check != NULL)
		answer_print_field("check", job->check);
	answer_print_field("label", job->label);
	answer_print_field("state", job_state_name(job->state));
	answer_print_field("paused", job->is_paused ? "yes" : "no");
	answer_print_field("reason", job->reason);
	printf("%-11s%llu\n", "priority", (unsigned long long)job->priority);
	answer_print_field("run at", job->run_at);
	answer_print_field("deadline", job->deadline);
	answer_print_field("callback", job->callback_url);
	answer_print_field("schedule", job->schedule_id);
	answer_print_field("retry of", job->retry_of);
	answer_print_field("created", job->created_at);
	answer_print_field("started", job->started_at);
	answer_print_field("finished", job->finished_at);
	print_duration("elapsed", job->elapsed);
	printf("%-11s%llu of %llu\n", "done", (unsigned long long)job->completed,
	    (unsigned long long)job->total);
	printf("%-11s%llu\n%-11s%llu\n%-11s%llu\n%-11s%.1f/s\n", view_good_word(job),
	    (unsigned long long)job->counts[VIEW_GOOD], "not found",
	    (unsigned long long)job->counts[VIEW_NOT_FOUND], "errors",
	    (unsigned long long)job->counts[VIEW_ERROR], "rate", job->rate);
	if (job->eta >= 0 && !job_state_is_ended(job->state))
		print_duration("left", job->eta);
}

static int show(const char *id, const struct options *options, struct http *http)
{
	char path[64];
	struct http_call *call;
	struct job_view job;

	snprintf(path, sizeof(path), "/jobs/%s", id);
	int status = answer_get(http, path, &call);
	if (status != CTL_OK)
		return status;
	const struct http_answer *answer = http_call_answer(call);
	if (options->is_json) {
		status = answer_print_raw(answer);
	} else {
		status = answer_read_job(answer, &job);
		if (status == CTL_OK) {
			print_job(&job);
			view_job_done(&job);
		}
	}
	http_call_free(call);
	return status;
}

int cmd_show(int argc, char **argv, struct options *options)
{
	static const struct syntax syntax = {.words = "ID",
	    .doc = "Show a job.",
	    .least_words = 1,
	    .most_words = 1,
	    .ids_of = "job"};
	struct words words;

	args_parse(argc, argv, &syntax, options, NULL, &words);
	struct http *http = answer_open(options);
	int status = http != NULL ? show(words.list[0], options, http) : CTL_USAGE;
	http_free(http);
	return status;
}
