/* What the daemon's answers mean. Thread: main. */
#include "ctl/answer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "ctl/message.h"
#include "ctl/raw.h"
#include "wire/problem_parse.h"

/* Use the token that the options or the environment name. False after printing a message. */
static bool set_token(struct http *http, const char *path)
{
	const char *token = getenv("ASYNCPROBED_TOKEN"), *source = "ASYNCPROBED_TOKEN";
	AUTO_FREE char *line = NULL;
	size_t room = 0;

	if (path != NULL) {
		FILE *file = fopen(path, "re");
		ssize_t len = file != NULL ? getline(&line, &room, file) : -1;
		const char *fault = file == NULL ? strerror(errno) : "no token in this file";
		if (file != NULL)
			fclose(file);
		if (len < 0) {
			message_error("%s: %s", path, fault);
			return false;
		}
		line[strcspn(line, "\r\n")] = '\0';
		token = line;
		source = path;
	}
	if (token == NULL || (path == NULL && *token == '\0') || http_set_token(http, token))
		return true;
	message_error("%s: invalid token", source);
	return false;
}

struct http *answer_open(const struct options *options)
{
	struct http *http = http_new(options->url);

	if (http == NULL) {
		message_error("invalid URL of a daemon: %s", options->url);
		return NULL;
	}
	if (!set_token(http, options->token_file)) {
		http_free(http);
		return NULL;
	}
	http_set_tls(http, options->ca_file, options->cert);
	return http;
}

static void print_problem(const struct http_answer *answer, const char *subject)
{
	const char *before = subject != NULL ? subject : "", *colon = subject != NULL ? ": " : "";
	struct problem problem = {0};

	if (answer->body.len > 0 && problem_parse(answer->body.data, answer->body.len, &problem))
		message_error("%s%s%s", before, colon, problem.detail);
	else
		message_error("%s%sthe daemon answered %d %s", before, colon, answer->status,
		    problem_title(answer->status));
	for (size_t i = 0; i < problem.n_errors; i++) {
		fputs("  ", stderr);
		message_print(stderr, problem.errors[i].pointer);
		fputs(": ", stderr);
		message_print(stderr, problem.errors[i].detail);
		fputc('\n', stderr);
	}
	problem_done(&problem);
}

int answer_check(const struct http_answer *answer, const char *subject)
{
	if (answer->outcome == HTTP_STOPPED)
		return CTL_FAILED; /* whoever stopped it printed why */
	if (answer->outcome == HTTP_NO_ANSWER) {
		message_error("%s%sno answer from the daemon: %s", subject != NULL ? subject : "",
		    subject != NULL ? ": " : "", answer->error);
		return CTL_UNREACHABLE;
	}
	if (answer->status >= 200 && answer->status < 300)
		return CTL_OK;
	print_problem(answer, subject);
	return CTL_FAILED;
}

int answer_unknown(void)
{
	message_error("this answer is not from asyncprobed; check the URL");
	return CTL_FAILED;
}

int answer_print(const struct http_answer *answer, const char *subject,
    const struct options *options, answer_print_fn *print, void *arg)
{
	int status = answer_check(answer, subject);

	if (status == CTL_OK && options->is_json)
		return answer_print_raw(answer);
	if (status == CTL_OK && print != NULL && !print(answer->body.data, answer->body.len, arg))
		return answer_unknown();
	return status;
}

int answer_run(struct http *http, const struct http_request *request, const char *subject,
    const struct options *options, answer_print_fn *print, void *arg)
{
	struct http_call *call = http_run(http, request);
	int status = answer_print(http_call_answer(call), subject, options, print, arg);

	http_call_free(call);
	return status;
}

int answer_get(struct http *http, const char *path, struct http_call **ret_call)
{
	struct http_call *call =
	    http_run(http, &(struct http_request){.method = "GET", .path = path});
	int status = answer_check(http_call_answer(call), NULL);

	if (status == CTL_OK)
		*ret_call = call;
	else
		http_call_free(call);
	return status;
}

bool answer_is_temporary(const struct http_answer *answer)
{
	return answer->outcome == HTTP_NO_ANSWER ||
	       (answer->outcome == HTTP_ANSWERED &&
		   (answer->status == 503 || answer->status == 429));
}

int answer_read_job(const struct http_answer *answer, struct job_view *ret_job)
{
	if (!view_parse_job(answer->body.data, answer->body.len, ret_job))
		return answer_unknown();
	return CTL_OK;
}

int answer_get_job(struct http *http, const char *id, struct job_view *ret_job)
{
	char path[64];
	struct http_call *call;

	snprintf(path, sizeof(path), "/jobs/%s", id);
	int status = answer_get(http, path, &call);
	if (status != CTL_OK)
		return status;
	status = answer_read_job(http_call_answer(call), ret_job);
	http_call_free(call);
	return status;
}

int answer_judge_job(const struct job_view *job)
{
	uint64_t n_failed = job->counts[VIEW_ERROR];

	if (job->is_files)
		n_failed += job->counts[VIEW_NOT_FOUND];
	return n_failed > 0 || job->state == JOB_CANCELLED || job->state == JOB_FAILED ? CTL_FAILED
										       : CTL_OK;
}

int answer_print_raw(const struct http_answer *answer)
{
	struct raw raw;

	raw_init(&raw);
	if (answer->body.len > 0)
		(void)raw_write(&raw, answer->body.data, answer->body.len);
	return raw_flush() ? CTL_OK : CTL_FAILED;
}
