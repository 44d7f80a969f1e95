/* asyncprobectl cancel, rm, pause, resume, retry and confirm. Thread: main. */
#include <limits.h>
#include <stdio.h>

#include "ctl/acts.h"
#include "ctl/commands.h"
#include "ctl/filter.h"
#include "ctl/message.h"
#include "ctl/submit.h"

/* The daemon works through any number of jobs before it answers. */
#define MAX_SILENCE (3600 * USEC_PER_SEC)

static bool print_state(const char *text, size_t len, void *arg)
{
	struct job_view job;

	(void)arg;
	if (!view_parse_job(text, len, &job))
		return false;
	printf("%s  %s%s\n", job.id, job_state_name(job.state), job.is_paused ? ", paused" : "");
	view_job_done(&job);
	return true;
}

/* --- cancel and rm --- */

/* What is done to jobs that are named, or to all that filters select. */
struct bulk {
	struct act act;
	const char *path; /* of the request for all */
	const char *word; /* what happened to the jobs: cancelled, deleted */
};

struct selection {
	struct filter filter;
	const char *before; /* borrowed from argv; NULL: any time */
};

static bool print_count(const char *text, size_t len, void *arg)
{
	const char *word = arg;
	uint64_t n;

	if (!view_parse_number(text, len, word, &n))
		return false;
	printf("%llu %s\n", (unsigned long long)n, word);
	return true;
}

static int act_on_all(
    const struct bulk *bulk, const struct selection *selection, const struct options *options)
{
	struct http *http = answer_open(options);
	struct fields path;

	if (http == NULL)
		return CTL_USAGE;
	fields_init(&path, bulk->path);
	filter_add(&selection->filter, &path);
	fields_add_text(&path, "before", selection->before);
	int status = answer_run(http,
	    &(struct http_request){
		.method = bulk->act.method, .path = path.text.data, .max_silence = MAX_SILENCE},
	    NULL, options, options->is_quiet ? NULL : print_count, (void *)bulk->word);
	fields_done(&path);
	http_free(http);
	return status;
}

static int run_bulk(const struct bulk *bulk, int argc, char **argv, struct options *options)
{
	static const struct option_row own_options[] = {
	    {"before", 'b', "TIME",
		"Only jobs that were created before TIME (2026-11-22T12:00:00Z)",
		.offset = offsetof(struct selection, before), .read = option_check_time,
		.takes = OPT_TIME_FORM},
	    {0},
	};
	const struct syntax syntax = {
	    .groups = {{own_options, NULL, 0},
		{filter_options(), FILTER_TITLE, offsetof(struct selection, filter)}},
	    .usage = "ID...\n[FILTER...]",
	    .doc = bulk->act.doc,
	    .max_args = INT_MAX,
	    .ids_of = "job"};
	struct selection selection = {.before = NULL};
	struct args ids;

	args_parse(argc, argv, &syntax, options, &selection, &ids);
	bool has_filter = !filter_is_empty(&selection.filter) || selection.before != NULL;
	if (has_filter && ids.n > 0)
		return message_usage(argv[0], "specify IDs or filters, not both");
	if (!has_filter && ids.n == 0)
		return message_usage(argv[0], "missing job ID");
	return has_filter ? act_on_all(bulk, &selection, options)
			  : acts_run_all(&bulk->act, &ids, options);
}

int cmd_cancel(int argc, char **argv, struct options *options)
{
	static const struct bulk bulk = {
	    {"Cancel jobs. Results that exist are kept. Without an ID, all jobs that the filters "
	     "select are cancelled.",
		"job", "POST", "/jobs", "/cancel", print_state},
	    "/jobs/cancel", "cancelled"};

	return run_bulk(&bulk, argc, argv, options);
}

int cmd_rm(int argc, char **argv, struct options *options)
{
	static const struct bulk bulk = {
	    {"Delete jobs with their results and files; jobs that are running are cancelled first. "
	     "Without an ID, all jobs that the filters select are deleted.",
		"job", "DELETE", "/jobs", "", NULL},
	    "/jobs", "deleted"};

	return run_bulk(&bulk, argc, argv, options);
}

/* --- pause and resume --- */

int cmd_pause(int argc, char **argv, struct options *options)
{
	static const struct act act = {
	    "Pause jobs. Items that are being processed are finished, and no others are started.",
	    "job", "POST", "/jobs", "/pause", print_state};

	return acts_run(&act, argc, argv, options);
}

int cmd_resume(int argc, char **argv, struct options *options)
{
	static const struct act act = {
	    "Resume paused jobs.", "job", "POST", "/jobs", "/resume", print_state};

	return acts_run(&act, argc, argv, options);
}

/* --- retry --- */

int cmd_retry(int argc, char **argv, struct options *options)
{
	return submit_existing(argc, argv, options,
	    "Queue the failed items of a job again, as a new job, and follow it.", "job", "retry");
}

int cmd_confirm(int argc, char **argv, struct options *options)
{
	return submit_existing(argc, argv, options,
	    "Ask RDAP about the names of a job for which it was not asked, as a new job, and "
	    "follow "
	    "it.",
	    "job", "confirm");
}
