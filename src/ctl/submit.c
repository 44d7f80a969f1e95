/* Submissions. Thread: main. */
#include "ctl/submit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "ctl/answer.h"

/* --- Sending --- */

struct upload {
	FILE *lines;
	const char *name; /* of the lines, for messages */
	usec_t ended_at;  /* monotonic; 0: not yet */
};

static ssize_t on_read(char *bytes, size_t max, void *arg)
{
	struct upload *u = arg;
	size_t n = fread(bytes, 1, max, u->lines);

	if (n == 0 && ferror(u->lines)) {
		fprintf(stderr, "asyncprobectl: %s: %s\n", u->name, strerror(errno));
		return -1;
	}
	if (n == 0)
		u->ended_at = clock_mono();
	return (ssize_t)n;
}

static struct http_call *send_fields(
    struct http *http, const struct submission *s, bool is_dry, struct upload *upload)
{
	const struct buf *text = &s->fields.text;
	struct buf path;
	struct http_request request = {
	    .method = "POST", .idempotency_key = is_dry ? NULL : s->idempotency_key, .arg = upload};

	buf_init(&path, SIZE_MAX / 2);
	buf_add_str(&path, s->fields.is_query ? text->data : "/jobs");
	if (is_dry)
		http_add_query(&path, "dry_run", "true");
	request.path = path.data;
	if (s->fields.is_query) {
		request.content_type = s->is_ndjson ? "application/x-ndjson" : "text/plain";
		request.read_body = on_read;
	} else {
		request.content_type = "application/json";
		request.body = text->data;
		request.body_len = text->len;
	}
	struct http_call *call = http_run(http, &request);
	buf_done(&path);
	return call;
}

struct http_call *submit_dry(struct http *http, const struct submission *s)
{
	return send_fields(http, s, true, NULL);
}

/* --- What comes of it --- */

static int follow_new(struct follow_opts *follow, const struct job_view *job)
{
	if (follow->copies == NULL || job->is_files)
		return follow_job(follow, job);
	copies_free(TAKE(follow->copies));
	fprintf(stderr, "asyncprobectl: job %s has no files to copy\n", job->id);
	int status = follow_job(follow, job);
	return status == CTL_OK ? CTL_FAILED : status;
}

/* What is asked of a job that was made: its id, itself as JSON, or to follow it. */
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

static int run(const struct submission *s, struct follow_opts *follow, FILE *lines)
{
	struct upload upload = {.lines = lines, .name = s->input};

	follow->since = clock_mono();
	struct http_call *call = send_fields(follow->http, s, s->is_dry_run, &upload);
	if (upload.ended_at > 0)
		follow->since = upload.ended_at;
	const struct http_answer *answer = http_call_answer(call);
	int status = answer_check(answer, NULL);
	if (status == CTL_OK && s->is_dry_run)
		status = answer_print_raw(answer);
	else if (status == CTL_OK)
		status = report(follow, answer);
	http_call_free(call);
	return status;
}

static FILE *open_lines(const char *input)
{
	if (strcmp(input, "-") == 0)
		return stdin;
	FILE *lines = fopen(input, "re");
	if (lines == NULL)
		fprintf(stderr, "asyncprobectl: %s: %s\n", input, strerror(errno));
	return lines;
}

static bool open_folder(struct follow_opts *follow, const char *folder)
{
	if (folder != NULL && !follow->options->is_no_wait)
		follow->copies = copies_new(follow->http, folder);
	return folder == NULL || follow->options->is_no_wait || follow->copies != NULL;
}

static int prepare(const struct submission *s, struct follow_opts *follow)
{
	if (!s->is_dry_run && !open_folder(follow, s->folder))
		return CTL_USAGE;
	return s->before != NULL ? s->before(s, follow->http, s->arg) : CTL_OK;
}

int submit_run(const struct submission *s, struct follow_opts *follow)
{
	FILE *lines = NULL;

	if (s->input != NULL && (lines = open_lines(s->input)) == NULL)
		return CTL_USAGE;
	int status = prepare(s, follow);
	if (status == CTL_OK)
		status = run(s, follow, lines);
	copies_free(TAKE(follow->copies));
	if (lines != NULL)
		fclose(lines);
	return status;
}

/* --- A job of what is there already --- */

static error_t on_output(int key, char *value, struct argp_state *state)
{
	if (key != 'o')
		return ARGP_ERR_UNKNOWN;
	*(const char **)state->input = value;
	return 0;
}

static int post(
    const char *path, const char *subject, const char *folder, struct follow_opts *follow)
{
	if (!open_folder(follow, folder))
		return CTL_USAGE;
	follow->since = clock_mono();
	struct http_call *call =
	    http_run(follow->http, &(struct http_request){.method = "POST", .path = path});
	const struct http_answer *answer = http_call_answer(call);
	int status = answer_check(answer, subject);
	if (status == CTL_OK)
		status = report(follow, answer);
	http_call_free(call);
	copies_free(TAKE(follow->copies));
	return status;
}

int submit_again(int argc, char **argv, struct options *options, const char *doc, const char *thing,
    const char *verb)
{
	static const struct argp_option own_options[] = {
	    {"output", 'o', "DIR", 0, "Copy the job's files into DIR", 0},
	    {0},
	};
	const struct syntax syntax = {.options = own_options,
	    .on_option = on_output,
	    .words = "ID",
	    .doc = doc,
	    .least_words = 1,
	    .most_words = 1,
	    .ids_of = thing};
	const char *folder = NULL;
	struct words ids;
	char path[80];

	args_parse(argc, argv, &syntax, options, &folder, &ids);
	struct follow_opts follow = {.http = answer_open(options), .options = options};
	if (follow.http == NULL)
		return CTL_USAGE;
	snprintf(path, sizeof(path), "/%ss/%s/%s", thing, ids.list[0], verb);
	int status = post(path, ids.list[0], folder, &follow);
	http_free(follow.http);
	return status;
}
