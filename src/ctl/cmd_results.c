/* asyncprobectl results and watch. Thread: main. */
#include <stdio.h>
#include <string.h>

#include "ctl/answer.h"
#include "ctl/commands.h"
#include "ctl/fields.h"
#include "ctl/follow.h"
#include "ctl/message.h"
#include "ctl/raw.h"
#include "ctl/rows.h"

/* --- results --- */

struct results {
	const char *format, *status, *reason, *rcode, *type; /* borrowed from argv; NULL: not given
							      */
	uint64_t after, limit;                               /* 0: not given */
	bool is_following, is_raw;
};

static bool on_bytes(const char *bytes, size_t n_bytes, void *arg)
{
	(void)raw_write(arg, bytes, n_bytes);
	return raw_flush();
}

/* Rows of files in a few words, with their details, as the commands that download print them. */
static bool on_rows(const char *bytes, size_t n_bytes, void *arg)
{
	enum rows_end end = rows_add(arg, bytes, n_bytes);

	if (end == ROWS_UNKNOWN)
		(void)answer_unknown();
	return end == ROWS_GOOD || (end == ROWS_NO_OUTPUT && raw_flush());
}

static int print_results(
    const struct results *r, const char *id, bool has_details, struct http *http)
{
	bool is_safe_csv = strcmp(r->format, "csv") == 0 && !r->is_raw;
	char folder[64];
	struct fields path;
	struct rows rows;
	struct raw raw;

	raw_init(&raw);
	rows_init(&rows, r->after);
	rows.is_short = true;
	snprintf(folder, sizeof(folder), "/jobs/%s/results", id);
	fields_init(&path, folder);
	fields_add_text(&path, "format", has_details ? "ndjson" : r->format);
	fields_add_text(&path, "csv", is_safe_csv ? "safe" : NULL);
	fields_add_flag(&path, "follow", r->is_following);
	fields_add_text(&path, "status", r->status);
	fields_add_text(&path, "reason", r->reason);
	fields_add_text(&path, "rcode", r->rcode);
	fields_add_text(&path, "type", r->type);
	fields_add_number(&path, "after", r->after);
	fields_add_number(&path, "limit", r->limit);
	struct http_call *call = http_run(http, &(struct http_request){.method = "GET",
						    .path = path.text.data,
						    .on_body = has_details ? on_rows : on_bytes,
						    .arg = has_details ? (void *)&rows : &raw});
	int status = answer_check(http_call_answer(call), NULL);
	http_call_free(call);
	fields_done(&path);
	rows_done(&rows);
	return status;
}

/* Print the results, and find the exit status of the job. */
static int run_results(const struct results *r, const char *id, struct http *http)
{
	struct job_view job;
	int status = answer_get_job(http, id, &job);

	if (status != CTL_OK)
		return status;
	status = print_results(r, id, job.is_files && strcmp(r->format, "text") == 0, http);
	view_job_done(&job);
	if (status == CTL_OK)
		status = answer_get_job(http, id, &job);
	if (status == CTL_OK) {
		status = answer_judge_job(&job);
		view_job_done(&job);
	}
	return status;
}

#define AT(field) offsetof(struct results, field)

int cmd_results(int argc, char **argv, struct options *options)
{
	static const struct option_row own_options[] = {
	    {"format", 'f', "FORMAT",
		"text (default), ndjson (default with --json), json (one page), csv or grid",
		OPT_WORD, .offset = AT(format), .takes = "text, ndjson, json, csv or grid"},
	    {"status", 's', "STATUS",
		"Only results with this status: found (files: ok, unchanged), not_found or error",
		OPT_WORD, .offset = AT(status),
		.takes = "found, ok, unchanged, not_found or error"},
	    {"reason", 0, "REASON", "Only results with this reason, such as servfail",
		.offset = AT(reason)},
	    {"rcode", 0, "RCODE", "Only results with an answer of this code, such as NODATA",
		.offset = AT(rcode)},
	    {"type", 0, "TYPE", "Only records of this type, such as MX", .offset = AT(type)},
	    {"after", 'a', "SEQ", "Start after this sequence number", OPT_NUMBER,
		.offset = AT(after), .max = INT64_MAX - 1},
	    {"limit", 'l', "N", "Print at most N results", OPT_NUMBER, .offset = AT(limit),
		.min = 1, .max = INT64_MAX},
	    {"follow", 'F', NULL, "Wait for further results until the job ends", OPT_FLAG,
		.offset = AT(is_following)},
	    {"raw", 0, NULL,
		"Do not change the cells of csv that a spreadsheet would take for formulas",
		OPT_FLAG, .offset = AT(is_raw)},
	    {0},
	};
	static const struct syntax syntax = {.groups = {{own_options, NULL, 0}},
	    .doc = "Print the results of a job in the order of completion.",
	    TAKES_ONE_ID("job")};
	struct results r = {.format = NULL};
	struct args args;

	args_parse(argc, argv, &syntax, options, &r, &args);
	if (r.format == NULL)
		r.format = options->is_json ? "ndjson" : "text";
	struct http *http = answer_open(options);
	int status = http != NULL ? run_results(&r, args.list[0], http) : CTL_USAGE;
	http_free(http);
	return status;
}

/* --- watch --- */

struct watch {
	uint64_t after;
	const char *folder; /* borrowed from argv; NULL: nothing is copied */
};

static int follow(struct follow_opts *opts, const struct job_view *job, const char *folder)
{
	if (folder == NULL)
		return follow_job(opts, job);
	if (!job->is_files) {
		message_error("job %s has no files to copy", job->id);
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
	static const struct option_row own_options[] = {
	    {"after", 'a', "SEQ", "Start after this sequence number", OPT_NUMBER,
		.offset = offsetof(struct watch, after), .max = INT64_MAX - 1},
	    {"output", 'o', "DIR", "Copy the job's files to DIR",
		.offset = offsetof(struct watch, folder)},
	    {0},
	};
	static const struct syntax syntax = {.groups = {{own_options, NULL, 0}},
	    .doc = "Follow a job to its end, as the command that queues it does.",
	    TAKES_ONE_ID("job")};
	struct watch w = {.after = 0};
	struct args args;

	args_parse(argc, argv, &syntax, options, &w, &args);
	struct follow_opts opts = {
	    .http = answer_open(options), .options = options, .after = w.after};
	int status = opts.http != NULL ? watch(&opts, args.list[0], w.folder) : CTL_USAGE;
	http_free(opts.http);
	return status;
}
