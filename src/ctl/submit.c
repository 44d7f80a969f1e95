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

static int report(
    struct follow_opts *follow, const struct submission *s, const struct http_answer *answer)
{
	const struct options *options = follow->options;
	struct job_view job;
	int status = answer_check(answer, NULL);

	if (status != CTL_OK)
		return status;
	if (s->is_dry_run || (options->is_no_wait && options->is_json))
		return answer_print_raw(answer);
	status = answer_read_job(answer, &job);
	if (status != CTL_OK)
		return status;
	if (options->is_no_wait)
		puts(job.id);
	else
		status = follow_job(follow, &job);
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
	int status = report(follow, s, http_call_answer(call));
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

static int prepare(const struct submission *s, struct follow_opts *follow)
{
	bool has_copies = s->folder != NULL && !s->is_dry_run && !follow->options->is_no_wait;

	if (has_copies && (follow->copies = copies_new(follow->http, s->folder)) == NULL)
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
