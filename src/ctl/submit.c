/* Queueing. Thread: main. */
#include "ctl/submit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "ctl/answer.h"
#include "ctl/input.h"
#include "ctl/message.h"

/* --- Sending --- */

struct upload {
	FILE *lines;
	const char *name; /* of the lines, for messages */
	usec_t ended_at;  /* monotonic; 0: not yet */
	const struct submission *submission;
	struct line_reader reader;
	bool is_refused; /* a line is wrong */
};

/* Let the command check the lines that are complete, and at the end what is left. */
static bool check_lines(struct upload *u, const char *bytes, size_t n_bytes)
{
	line_fn *check = u->submission->check_line;
	void *arg = u->submission->arg;
	const struct buf *rest = &u->reader.rest;

	if (check == NULL)
		return true;
	if (n_bytes == 0)
		u->is_refused = rest->len > 0 && !check(rest->data, rest->len, arg);
	else
		u->is_refused = !line_reader_add(&u->reader, bytes, n_bytes, check, arg);
	if (rest->overflow)
		message_error("%s: a line is too long", u->name);
	return !u->is_refused;
}

static ssize_t on_read(char *bytes, size_t max, void *arg)
{
	struct upload *u = arg;
	size_t n = fread(bytes, 1, max, u->lines);

	if (n == 0 && ferror(u->lines)) {
		message_error("%s: %s", u->name, strerror(errno));
		return -1;
	}
	if (!check_lines(u, bytes, n))
		return -1;
	if (n == 0)
		u->ended_at = clock_mono();
	return (ssize_t)n;
}

static void build_fields(const struct submission *s, struct fields *fields)
{
	fields_init(fields, s->job->input != NULL ? "/jobs" : NULL);
	fields_add_text(fields, "kind", s->kind);
	s->add_fields(s->arg, fields);
	job_args_add(s->job, fields);
}

static struct http_call *send_fields(
    struct http *http, const struct submission *s, bool is_dry_run, struct upload *upload)
{
	struct fields fields, path;

	build_fields(s, &fields);
	fields_init(&path, fields.is_query ? fields.text.data : "/jobs");
	fields_add_flag(&path, "dry_run", is_dry_run);
	struct http_request request = {.method = "POST",
	    .path = path.text.data,
	    .idempotency_key = is_dry_run ? NULL : s->job->idempotency_key,
	    .arg = upload};
	if (fields.is_query) {
		request.content_type = s->is_ndjson ? "application/x-ndjson" : "text/plain";
		request.read_body = on_read;
	} else {
		request.content_type = "application/json";
		request.body = fields.text.data;
		request.body_len = fields.text.len;
	}
	struct http_call *call = http_run(http, &request);
	fields_done(&fields);
	fields_done(&path);
	return call;
}

/* --- The new job --- */

static int follow_new(struct follow_opts *follow, const struct job_view *job)
{
	if (follow->copies == NULL || job->is_files)
		return follow_job(follow, job);
	copies_free(TAKE(follow->copies));
	message_error("job %s has no files to copy", job->id);
	int status = follow_job(follow, job);
	return status == CTL_OK ? CTL_FAILED : status;
}

/* Print its ID or itself as JSON, or follow it. */
static int report(struct follow_opts *follow, const struct http_answer *answer)
{
	const struct options *options = follow->options;
	struct job_view job;

	if (options->is_no_wait && options->is_json)
		return answer_print_raw(answer);
	int status = answer_read_job(answer, &job);
	if (status != CTL_OK)
		return status;
	if (options->is_no_wait)
		puts(job.id);
	else
		status = follow_new(follow, &job);
	view_job_done(&job);
	return status;
}

static bool open_folder(struct follow_opts *follow, const char *folder)
{
	if (folder == NULL || follow->options->is_no_wait)
		return true;
	follow->copies = copies_new(follow->http, folder);
	return follow->copies != NULL;
}

static void on_dry_run(const void *item, void *arg)
{
	const struct submission *s = arg;

	s->on_dry_run(item, s->arg);
}

/* Request a dry run and pass on its result. */
static int rehearse(const struct submission *s, struct http *http)
{
	struct http_call *call = send_fields(http, s, true, NULL);
	const struct http_answer *answer = http_call_answer(call);
	int status = answer_check(answer, NULL);

	if (status == CTL_OK &&
	    !view_parse_dry_run(answer->body.data, answer->body.len, on_dry_run, (void *)s))
		status = answer_unknown();
	http_call_free(call);
	return status;
}

static int queue(const struct submission *s, struct follow_opts *follow, FILE *lines)
{
	struct upload upload = {.lines = lines, .name = s->job->input, .submission = s};

	line_reader_init(&upload.reader);
	follow->since = clock_mono();
	struct http_call *call = send_fields(follow->http, s, s->job->is_dry_run, &upload);
	if (upload.ended_at > 0)
		follow->since = upload.ended_at;
	const struct http_answer *answer = http_call_answer(call);
	int status = upload.is_refused ? CTL_USAGE : answer_check(answer, NULL);
	if (status == CTL_OK && s->job->is_dry_run)
		status = answer_print_raw(answer);
	else if (status == CTL_OK)
		status = report(follow, answer);
	http_call_free(call);
	line_reader_done(&upload.reader);
	return status;
}

static FILE *open_lines(const char *input)
{
	FILE *lines = strcmp(input, "-") == 0 ? stdin : fopen(input, "re");

	if (lines == NULL)
		message_error("%s: %s", input, strerror(errno));
	return lines;
}

static int run(const struct submission *s, struct follow_opts *follow)
{
	FILE *lines = NULL;
	int status = CTL_OK;

	if (s->job->input != NULL && (lines = open_lines(s->job->input)) == NULL)
		return CTL_USAGE;
	if (!s->job->is_dry_run && !open_folder(follow, s->job->folder))
		status = CTL_USAGE;
	if (status == CTL_OK && s->on_dry_run != NULL)
		status = rehearse(s, follow->http);
	if (status == CTL_OK)
		status = queue(s, follow, lines);
	if (lines != NULL)
		fclose(lines);
	return status;
}

int submit_run(const struct submission *s, struct follow_opts *follow)
{
	if (follow->options->ret_job != NULL) {
		struct fields fields;
		build_fields(s, &fields);
		*follow->options->ret_job = buf_take(&fields.text, NULL);
		return CTL_OK;
	}
	follow->http = answer_open(follow->options);
	if (follow->http == NULL)
		return CTL_USAGE;
	int status = run(s, follow);
	copies_free(TAKE(follow->copies));
	http_free(follow->http);
	return status;
}

bool submit_take_lines(const struct options *options, struct job_args *job, struct text_list *list)
{
	if (options->ret_job == NULL)
		return true;
	const char *unfit = job_args_find_unfit(job);
	if (unfit != NULL) {
		message_error("%s cannot be used in a schedule", unfit);
		return false;
	}
	const char *input = TAKE(job->input);
	return input == NULL || input_add_lines(list, input);
}

/* --- Jobs that exist in another form --- */

int submit_existing(int argc, char **argv, struct options *options, const char *doc,
    const char *thing, const char *verb)
{
	static const struct option_row own_options[] = {
	    {"output", 'o', "DIR", "Copy the job's files to DIR", .offset = 0},
	    {0},
	};
	const struct syntax syntax = {.groups = {{own_options, NULL, 0}},
	    .usage = "ID",
	    .doc = doc,
	    .min_args = 1,
	    .max_args = 1,
	    .ids_of = thing};
	const char *folder = NULL;
	struct args ids;
	char path[80];

	args_parse(argc, argv, &syntax, options, &folder, &ids);
	struct follow_opts follow = {.http = answer_open(options), .options = options};
	int status = CTL_USAGE;
	snprintf(path, sizeof(path), "/%ss/%s/%s", thing, ids.list[0], verb);
	if (follow.http != NULL && open_folder(&follow, folder)) {
		follow.since = clock_mono();
		struct http_call *call =
		    http_run(follow.http, &(struct http_request){.method = "POST", .path = path});
		const struct http_answer *answer = http_call_answer(call);
		status = answer_check(answer, ids.list[0]);
		if (status == CTL_OK)
			status = report(&follow, answer);
		http_call_free(call);
	}
	copies_free(follow.copies);
	http_free(follow.http);
	return status;
}
