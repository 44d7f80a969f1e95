/* asyncprobectl cancel, rm, pause, resume and retry: what is done to jobs. Thread: main. */
#include <limits.h>
#include <stdio.h>

#include "ctl/commands.h"
#include "ctl/each.h"
#include "ctl/filter.h"
#include "ctl/submit.h"

enum { MAX_PATH_BYTES = 4096 };

/* Any number of jobs is worked off slice by slice before there is an answer. */
#define MOST_SILENCE (3600 * USEC_PER_SEC)

static int print_state(const struct http_answer *answer)
{
	struct job_view job;
	int status = answer_read_job(answer, &job);

	if (status != CTL_OK)
		return status;
	printf("%s  %s%s\n", job.id, job_state_name(job.state), job.is_paused ? ", paused" : "");
	view_job_done(&job);
	return CTL_OK;
}

/* --- cancel and rm --- */

/* What is done to jobs that are named, or to all that fit a filter. */
struct bulk {
	struct act act;
	const char *path; /* where it is asked for a filter */
	const char *word; /* what the jobs are then */
};

struct choice {
	struct filter filter;
	const char *before; /* borrowed from argv; NULL: whenever */
};

static error_t on_before(int key, char *value, struct argp_state *state)
{
	struct choice *c = state->input;
	usec_t time;

	if (key != 'b')
		return ARGP_ERR_UNKNOWN;
	if (clock_parse(value, &time) != OK)
		argp_error(
		    state, "--before takes a time such as 2026-11-22T12:00:00Z, not '%s'", value);
	c->before = value;
	return 0;
}

static int act_on_all(
    const struct bulk *bulk, const struct choice *choice, const struct options *options)
{
	struct http *http = answer_open(options);
	struct buf path;
	uint64_t n;

	if (http == NULL)
		return CTL_USAGE;
	buf_init(&path, MAX_PATH_BYTES);
	buf_add_str(&path, bulk->path);
	filter_add(&choice->filter, &path);
	if (choice->before != NULL)
		http_add_query(&path, "before", choice->before);
	struct http_call *call = http_run(
	    http, &(struct http_request){
		      .method = bulk->act.method, .path = path.data, .most_silence = MOST_SILENCE});
	const struct http_answer *answer = http_call_answer(call);
	int status = answer_check(answer, NULL);
	if (status == CTL_OK && options->is_json)
		status = answer_print_raw(answer);
	else if (status == CTL_OK &&
		 (answer->body.len == 0 ||
		     !view_parse_number(answer->body.data, answer->body.len, bulk->word, &n)))
		status = answer_strange();
	else if (status == CTL_OK && !options->is_quiet)
		printf("%llu %s\n", (unsigned long long)n, bulk->word);
	http_call_free(call);
	buf_done(&path);
	http_free(http);
	return status;
}

static int act_on_some(
    int argc, char **argv, struct options *options, const char *doc, const struct bulk *bulk)
{
	static const struct argp_option own_options[] = {
	    {"before", 'b', "TIME", 0, "Only jobs made before TIME (2026-11-22T12:00:00Z)", 0},
	    {0},
	};
	struct choice choice = {.before = NULL};
	const struct syntax syntax = {.options = own_options,
	    .on_option = on_before,
	    .words = "ID...\n[FILTER...]",
	    .doc = doc,
	    .most_words = INT_MAX,
	    .ids_of = "job",
	    .shared = filter_argp(),
	    .shared_input = &choice.filter,
	    .shared_title = FILTER_TITLE};
	struct words ids;

	args_parse(argc, argv, &syntax, options, &choice, &ids);
	bool has_filter = !filter_is_empty(&choice.filter) || choice.before != NULL;
	if (has_filter != (ids.n > 0))
		return has_filter ? act_on_all(bulk, &choice, options)
				  : each_id(&bulk->act, &ids, options);
	fprintf(stderr,
	    "%s: %s\n"
	    "Try `%s --help' for more information.\n",
	    argv[0],
	    has_filter ? "give IDs or say which jobs, not both" : "the job's ID is missing",
	    argv[0]);
	return CTL_USAGE;
}

int cmd_cancel(int argc, char **argv, struct options *options)
{
	static const struct bulk bulk = {
	    {"POST", "/jobs/", "/cancel", print_state}, "/jobs/cancel", "cancelled"};

	return act_on_some(argc, argv, options,
	    "Stop jobs; what is done stays. All that fit are stopped where there is no ID.", &bulk);
}

int cmd_rm(int argc, char **argv, struct options *options)
{
	static const struct bulk bulk = {{"DELETE", "/jobs/", "", NULL}, "/jobs", "deleted"};

	return act_on_some(argc, argv, options,
	    "Remove jobs with their results and files, cancelling those that run. All that fit are "
	    "removed where there is no ID.",
	    &bulk);
}

/* --- pause and resume --- */

int cmd_pause(int argc, char **argv, struct options *options)
{
	static const struct act act = {"POST", "/jobs/", "/pause", print_state};

	return each_of(argc, argv, options,
	    "Pause jobs: what is in flight finishes, nothing else begins.", "job", &act);
}

int cmd_resume(int argc, char **argv, struct options *options)
{
	static const struct act act = {"POST", "/jobs/", "/resume", print_state};

	return each_of(argc, argv, options, "Have jobs that are paused go on.", "job", &act);
}

/* --- retry --- */

int cmd_retry(int argc, char **argv, struct options *options)
{
	return submit_again(argc, argv, options,
	    "Try what failed in a job again, as a new job, and follow that one.", "job", "retry");
}
