/* asyncprobectl jobs, show, cancel and rm. Thread: main. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "ctl/answer.h"
#include "ctl/commands.h"
#include "ctl/progress.h"
#include "ctl/view.h"

enum { MAX_PATH_BYTES = 4096, MAX_LIMIT = 1000, KIND_WIDTH = 9 };

/* --- jobs --- */

struct listing {
	const char *state, *kind; /* borrowed from argv; NULL: any */
	uint64_t limit;           /* jobs a page; 0: the daemon decides */
	bool is_all;
	bool has_head; /* the table's first line is printed */
};

static error_t on_jobs_option(int key, char *value, struct argp_state *state)
{
	struct listing *l = state->input;
	enum job_state wanted;

	switch (key) {
	case 's':
		if (!job_state_parse(value, &wanted))
			argp_error(state, "'%s' is no state of a job", value);
		l->state = value;
		return 0;
	case 'k':
		l->kind = value;
		return 0;
	case 'l':
		l->limit = args_number(state, "limit", value, MAX_LIMIT);
		return 0;
	case 'a':
		l->is_all = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
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

/* Print one page; *ret_next is new text, or NULL behind the last page. */
static int print_page(struct listing *l, const struct options *options, struct http *http,
    const char *cursor, char **ret_next)
{
	struct buf path;
	struct http_call *call;
	char digits[24];

	buf_init(&path, MAX_PATH_BYTES);
	buf_add_str(&path, "/jobs");
	if (l->state != NULL)
		http_add_query(&path, "state", l->state);
	if (l->kind != NULL)
		http_add_query(&path, "kind", l->kind);
	if (cursor != NULL)
		http_add_query(&path, "cursor", cursor);
	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)l->limit);
	if (l->limit > 0)
		http_add_query(&path, "limit", digits);
	int status = answer_get(http, path.data, &call);
	buf_done(&path);
	if (status != CTL_OK)
		return status;
	const struct buf *body = &http_call_answer(call)->body;
	view_job_fn *on_row = options->is_json ? NULL : print_row;
	if (body->len == 0 || !view_parse_jobs(body->data, body->len, on_row, l, ret_next))
		status = answer_strange();
	else if (options->is_json)
		status = answer_print_raw(http_call_answer(call));
	http_call_free(call);
	return status;
}

static int print_pages(struct listing *l, const struct options *options, struct http *http)
{
	AUTO_FREE char *cursor = NULL;
	int status;

	do {
		char *next = NULL;
		status = print_page(l, options, http, cursor, &next);
		free(cursor);
		cursor = next;
	} while (status == CTL_OK && l->is_all && cursor != NULL);
	if (status == CTL_OK && cursor != NULL && !options->is_quiet && !options->is_json) {
		fflush(stdout);
		fputs("There are older jobs; --all shows them.\n", stderr);
	}
	return status;
}

int cmd_jobs(int argc, char **argv, struct options *options)
{
	static const struct argp_option own_options[] = {
	    {"state", 's', "STATE", 0,
		"Only jobs that are queued, running, done, cancelled or failed", 0},
	    {"kind", 'k', "KIND", 0, "Only jobs of domains, flags or downloads", 0},
	    {"limit", 'l', "N", 0, "Show N jobs (with --all: ask for N at a time)", 0},
	    {"all", 'a', NULL, 0, "Show all jobs, page after page", 0},
	    {0},
	};
	static const struct syntax syntax = {
	    .options = own_options, .on_option = on_jobs_option, .doc = "List jobs, newest first."};
	struct listing l = {.limit = 0};
	struct words words;

	args_parse(argc, argv, &syntax, options, &l, &words);
	struct http *http = answer_open(options);
	int status = http != NULL ? print_pages(&l, options, http) : CTL_USAGE;
	http_free(http);
	return status;
}

/* --- show --- */

static void print_line(const char *name, const char *value)
{
	printf("%-11s", name);
	answer_print(stdout, value != NULL ? value : "-");
	putchar('\n');
}

static void print_duration(const char *name, usec_t duration)
{
	struct buf text;

	buf_init(&text, 64);
	if (duration < 60 * USEC_PER_SEC)
		buf_addf(&text, "%.2fs", (double)duration / (double)USEC_PER_SEC);
	else
		progress_add_duration(&text, duration);
	print_line(name, text.data);
	buf_done(&text);
}

static void print_job(const struct job_view *job)
{
	print_line("id", job->id);
	print_line("kind", job->kind);
	if (job->check != NULL)
		print_line("check", job->check);
	print_line("label", job->label);
	print_line("state", job_state_name(job->state));
	print_line("created", job->created_at);
	print_line("started", job->started_at);
	print_line("finished", job->finished_at);
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
	    .has_ids = true};
	struct words words;

	args_parse(argc, argv, &syntax, options, NULL, &words);
	struct http *http = answer_open(options);
	int status = http != NULL ? show(words.list[0], options, http) : CTL_USAGE;
	http_free(http);
	return status;
}

/* --- cancel and rm --- */

/* Ask for one job; *ret_call has the answer when CTL_OK is returned. */
static int ask(struct http *http, const char *method, const char *id, const char *tail,
    struct http_call **ret_call)
{
	char path[64];

	snprintf(path, sizeof(path), "/jobs/%s%s", id, tail);
	struct http_call *call =
	    http_run(http, &(struct http_request){.method = method, .path = path});
	int status = answer_check(http_call_answer(call), id);
	if (status == CTL_OK)
		*ret_call = call;
	else
		http_call_free(call);
	return status;
}

static int cancel(struct http *http, const char *id, const struct options *options)
{
	struct http_call *call;
	struct job_view job;
	int status = ask(http, "POST", id, "/cancel", &call);

	if (status != CTL_OK)
		return status;
	const struct http_answer *answer = http_call_answer(call);
	if (options->is_json) {
		status = answer_print_raw(answer);
	} else {
		status = answer_read_job(answer, &job);
		if (status == CTL_OK) {
			if (!options->is_quiet)
				printf("%s  %s\n", id, job_state_name(job.state));
			view_job_done(&job);
		}
	}
	http_call_free(call);
	return status;
}

static int rm(struct http *http, const char *id, const struct options *options)
{
	struct http_call *call = NULL;
	int status = ask(http, "DELETE", id, "", &call);

	(void)options;
	http_call_free(call);
	return status;
}

typedef int act_fn(struct http *http, const char *id, const struct options *options);

/* Do the same with each; one refusal does not stop the rest, an absent daemon does. */
static int act_on_each(int argc, char **argv, struct options *options, const char *doc, act_fn *act)
{
	const struct syntax syntax = {
	    .words = "ID...", .doc = doc, .least_words = 1, .most_words = INT_MAX, .has_ids = true};
	struct words words;

	args_parse(argc, argv, &syntax, options, NULL, &words);
	struct http *http = answer_open(options);
	int worst = http != NULL ? CTL_OK : CTL_USAGE;
	for (int i = 0; http != NULL && i < words.n && worst != CTL_UNREACHABLE; i++) {
		int status = act(http, words.list[i], options);
		worst = status > worst ? status : worst;
	}
	http_free(http);
	return worst;
}

int cmd_cancel(int argc, char **argv, struct options *options)
{
	return act_on_each(argc, argv, options, "Stop jobs; what is done stays.", cancel);
}

int cmd_rm(int argc, char **argv, struct options *options)
{
	return act_on_each(argc, argv, options,
	    "Remove jobs with their results and files, cancelling those that run.", rm);
}
