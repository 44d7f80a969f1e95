/* What to make of the daemon's answers. Thread: main. */
#include "ctl/answer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "ctl/raw.h"
#include "wire/problem_parse.h"

/* Set the token that the options or the environment name; false after saying on stderr what is
 * wrong with it. */
static bool set_token(struct http *http, const char *path)
{
	const char *token = getenv("ASYNCPROBED_TOKEN"), *source = "ASYNCPROBED_TOKEN";
	AUTO_FREE char *line = NULL;
	size_t room = 0;

	if (path != NULL) {
		FILE *file = fopen(path, "re");
		ssize_t len = file != NULL ? getline(&line, &room, file) : -1;
		const char *fault = file == NULL ? strerror(errno) : "there is no token in it";
		if (file != NULL)
			fclose(file);
		if (len < 0) {
			fprintf(stderr, "asyncprobectl: %s: %s\n", path, fault);
			return false;
		}
		line[strcspn(line, "\r\n")] = '\0';
		token = line;
		source = path;
	}
	if (token == NULL || (path == NULL && *token == '\0') || http_set_token(http, token))
		return true;
	fprintf(stderr, "asyncprobectl: %s: this is no token\n", source);
	return false;
}

struct http *answer_open(const struct options *options)
{
	struct http *http = http_new(options->url);

	if (http == NULL) {
		fputs("asyncprobectl: no URL of a daemon: ", stderr);
		answer_print(stderr, options->url);
		fputc('\n', stderr);
	} else if (!set_token(http, options->token_file)) {
		http_free(http);
		return NULL;
	}
	if (http != NULL)
		http_set_tls(http, options->ca_file, options->cert);
	return http;
}

void answer_print(FILE *file, const char *text)
{
	size_t len = strlen(text);
	struct buf b;

	buf_init(&b, len);
	utf8_add_visible(&b, text, len, '?');
	if (b.len > 0)
		fwrite(b.data, 1, b.len, file);
	buf_done(&b);
}

static void begin_message(const char *subject)
{
	fputs("asyncprobectl: ", stderr);
	if (subject == NULL)
		return;
	answer_print(stderr, subject);
	fputs(": ", stderr);
}

static void print_problem(const struct http_answer *answer, const char *subject)
{
	struct problem problem = {0};

	begin_message(subject);
	if (answer->body.len > 0 && problem_parse(answer->body.data, answer->body.len, &problem))
		answer_print(stderr, problem.detail);
	else
		fprintf(stderr, "the daemon answered %d %s", answer->status,
		    problem_title(answer->status));
	fputc('\n', stderr);
	for (size_t i = 0; i < problem.n_errors; i++) {
		fputs("  ", stderr);
		answer_print(stderr, problem.errors[i].pointer);
		fputs(": ", stderr);
		answer_print(stderr, problem.errors[i].detail);
		fputc('\n', stderr);
	}
	problem_done(&problem);
}

int answer_check(const struct http_answer *answer, const char *subject)
{
	if (answer->outcome == HTTP_STOPPED)
		return CTL_FAILED; /* who stopped it has said why */
	if (answer->outcome == HTTP_NO_ANSWER) {
		begin_message(subject);
		fputs("no answer from the daemon: ", stderr);
		answer_print(stderr, answer->error);
		fputc('\n', stderr);
		return CTL_UNREACHABLE;
	}
	if (answer->status >= 200 && answer->status < 300)
		return CTL_OK;
	print_problem(answer, subject);
	return CTL_FAILED;
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

int answer_strange(void)
{
	fputs("asyncprobectl: this answer is not asyncprobed's; is the URL right?\n", stderr);
	return CTL_FAILED;
}

bool answer_is_passing(const struct http_answer *answer)
{
	return answer->outcome == HTTP_NO_ANSWER ||
	       (answer->outcome == HTTP_ANSWERED &&
		   (answer->status == 503 || answer->status == 429));
}

int answer_read_job(const struct http_answer *answer, struct job_view *ret_job)
{
	if (answer->body.len == 0 || !view_parse_job(answer->body.data, answer->body.len, ret_job))
		return answer_strange();
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

int answer_verdict(const struct job_view *job)
{
	uint64_t n_failed = job->counts[VIEW_ERROR];

	if (job->is_files)
		n_failed += job->counts[VIEW_NOT_FOUND];
	return n_failed > 0 || job->state == JOB_CANCELLED || job->state == JOB_FAILED ? CTL_FAILED
										       : CTL_OK;
}

void answer_print_field(const char *name, const char *text)
{
	printf("%-11s", name);
	answer_print(stdout, text != NULL ? text : "-");
	putchar('\n');
}

int answer_print_raw(const struct http_answer *answer)
{
	struct raw raw;

	raw_init(&raw);
	if (raw_write(&raw, answer->body.data, answer->body.len) && fflush(stdout) == 0)
		return CTL_OK;
	fprintf(stderr, "asyncprobectl: standard output: %s\n", strerror(errno));
	return CTL_FAILED;
}
