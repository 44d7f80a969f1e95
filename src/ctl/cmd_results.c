/* asyncprobectl results and watch. Thread: main. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/answer.h"
#include "ctl/commands.h"
#include "ctl/follow.h"
#include "ctl/raw.h"

enum { MAX_PATH_BYTES = 4096 };

/* --- results --- */

struct results {
	const char *format, *status; /* borrowed from argv; NULL: not given */
	const char *after, *limit;   /* the same, checked */
	bool is_following, is_raw;
};

enum { OPT_RAW = 0x100 };

static error_t on_results_option(int key, char *value, struct argp_state *state)
{
	struct results *r = state->input;

	switch (key) {
	case 'f':
		if (strcmp(value, "text") != 0 && strcmp(value, "ndjson") != 0 &&
		    strcmp(value, "json") != 0 && strcmp(value, "csv") != 0)
			argp_error(
			    state, "--format takes text, ndjson, json or csv, not '%s'", value);
		r->format = value;
		return 0;
	case 's':
		if (strcmp(value, "found") != 0 && strcmp(value, "ok") != 0 &&
		    strcmp(value, "not_found") != 0 && strcmp(value, "error") != 0)
			argp_error(
			    state, "--status takes found, ok, not_found or error, not '%s'", value);
		r->status = value;
		return 0;
	case 'a':
		(void)args_number(state, "after", value, INT64_MAX - 1);
		r->after = value;
		return 0;
	case 'l':
		if (args_number(state, "limit", value, INT64_MAX) == 0)
			argp_error(state, "--limit takes at least 1");
		r->limit = value;
		return 0;
	case 'F':
		r->is_following = true;
		return 0;
	case OPT_RAW:
		r->is_raw = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static bool on_bytes(const char *bytes, size_t n_bytes, void *arg)
{
	if (raw_write(arg, bytes, n_bytes) && fflush(stdout) == 0)
		return true;
	fprintf(stderr, "asyncprobectl: standard output: %s\n", strerror(errno));
	return false;
}

static int print_results(const struct results *r, const char *id, struct http *http)
{
	struct buf path;
	struct raw raw;

	raw_init(&raw);
	buf_init(&path, MAX_PATH_BYTES);
	buf_addf(&path, "/jobs/%s/results", id);
	http_add_query(&path, "format", r->format);
	if (strcmp(r->format, "csv") == 0 && !r->is_raw)
		http_add_query(&path, "csv", "safe");
	if (r->is_following)
		http_add_query(&path, "follow", "true");
	if (r->status != NULL)
		http_add_query(&path, "status", r->status);
	if (r->after != NULL)
		http_add_query(&path, "after", r->after);
	if (r->limit != NULL)
		http_add_query(&path, "limit", r->limit);
	struct http_call *call = http_run(
	    http, &(struct http_request){
		      .method = "GET", .path = path.data, .on_body = on_bytes, .arg = &raw});
	int status = answer_check(http_call_answer(call), NULL);
	http_call_free(call);
	buf_done(&path);
	return status;
}

/* Results first, then what they amount to. */
static int run_results(const struct results *r, const char *id, struct http *http)
{
	struct job_view job;
	int status = print_results(r, id, http);

	if (status == CTL_OK)
		status = answer_get_job(http, id, &job);
	if (status == CTL_OK) {
		status = answer_verdict(&job);
		view_job_done(&job);
	}
	return status;
}

int cmd_results(int argc, char **argv, struct options *options)
{
	static const struct argp_option own_options[] = {
	    {"format", 'f', "FORMAT", 0,
		"text (default), ndjson (default with --json), json (a page) or csv", 0},
	    {"status", 's', "STATUS", 0,
		"Only results that are found (files: ok), not_found or error", 0},
	    {"after", 'a', "SEQ", 0, "Begin behind this sequence number", 0},
	    {"limit", 'l', "N", 0, "At most N results", 0},
	    {"follow", 'F', NULL, 0, "Go on until the job ends", 0},
	    {"raw", OPT_RAW, NULL, 0,
		"Leave cells of csv as they are, also those that a spreadsheet takes for formulas",
		0},
	    {0},
	};
	static const struct syntax syntax = {.options = own_options,
	    .on_option = on_results_option,
	    .words = "ID",
	    .doc = "Print a job's results in the order of completion.",
	    .least_words = 1,
	    .most_words = 1,
	    .ids_of = "job"};
	struct results r = {.format = NULL};
	struct words words;

	args_parse(argc, argv, &syntax, options, &r, &words);
	if (r.format == NULL)
		r.format = options->is_json ? "ndjson" : "text";
	struct http *http = answer_open(options);
	int status = http != NULL ? run_results(&r, words.list[0], http) : CTL_USAGE;
	http_free(http);
	return status;
}

/* --- watch --- */

struct watch {
	uint64_t after;
	const char *folder; /* borrowed from argv; NULL: nothing is copied */
};

static error_t on_watch_option(int key, char *value, struct argp_state *state)
{
	struct watch *w = state->input;

	switch (key) {
	case 'a':
		w->after = args_number(state, "after", value, INT64_MAX - 1);
		return 0;
	case 'o':
		w->folder = value;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int follow(struct follow_opts *opts, const struct job_view *job, const char *folder)
{
	if (folder == NULL)
		return follow_job(opts, job);
	if (!job->is_files) {
		fprintf(stderr, "asyncprobectl: job %s has no files to copy\n", job->id);
		return CTL_FAILED;
	}
	opts->copies = copies_new(opts->http, folder);
	int status = opts->copies != NULL ? follow_job(opts, job) : CTL_USAGE;
	copies_free(opts->copies);
	return status;
}

static int watch(struct follow_opts *opts, const char *id, const char *folder)
{
	struct job_view job;
	int status = answer_get_job(opts->http, id, &job);

	if (status == CTL_OK) {
		status = follow(opts, &job, folder);
		view_job_done(&job);
	}
	return status;
}

int cmd_watch(int argc, char **argv, struct options *options)
{
	static const struct argp_option own_options[] = {
	    {"after", 'a', "SEQ", 0, "Begin behind this sequence number", 0},
	    {"output", 'o', "DIR", 0, "Copy the job's files into DIR", 0},
	    {0},
	};
	static const struct syntax syntax = {.options = own_options,
	    .on_option = on_watch_option,
	    .words = "ID",
	    .doc = "Follow a job to its end, as the command that queues it does.",
	    .least_words = 1,
	    .most_words = 1,
	    .ids_of = "job"};
	struct watch w = {.after = 0};
	struct words words;

	args_parse(argc, argv, &syntax, options, &w, &words);
	struct follow_opts opts = {
	    .http = answer_open(options), .options = options, .after = w.after};
	int status = opts.http != NULL ? watch(&opts, words.list[0], w.folder) : CTL_USAGE;
	http_free(opts.http);
	return status;
}
