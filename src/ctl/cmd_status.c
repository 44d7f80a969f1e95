/* asyncprobectl status: whether the daemon is ready, and what it is doing, from /readyz and
 * /metrics. Thread: main. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "ctl/answer.h"
#include "ctl/commands.h"
#include "ctl/message.h"
#include "wire/json_text.h"
#include "wire/problem_parse.h"

enum { MAX_TEXT = 1 << 20 };

struct status {
	bool is_ready;
	char *detail;  /* owned; why it is not ready; NULL: it is */
	char *version; /* owned; NULL: unknown */
	unsigned long long n_jobs[JOB_N_STATES];
};

static void status_done(struct status *s)
{
	free(s->detail);
	free(s->version);
}

/* Copy the value of label `name="..."` in a line of metrics (ours have no escapes); NULL: there is
 * no such label. */
static char *get_label(const char *line, const char *name)
{
	const char *at = strchr(line, '{');
	size_t len = strlen(name);

	while (at != NULL && *at != '}') {
		const char *value = strstr(++at, "=\"");
		const char *end = value != NULL ? strchr(value + 2, '"') : NULL;
		if (end == NULL)
			return NULL;
		if ((size_t)(value - at) == len && memcmp(at, name, len) == 0)
			return xstrndup(value + 2, (size_t)(end - value - 2));
		at = end + 1;
	}
	return NULL;
}

static void read_metric(struct status *s, const char *line)
{
	enum job_state state;

	if (strncmp(line, "asyncprobed_build_info{", 23) == 0 && s->version == NULL) {
		s->version = get_label(line, "version");
	} else if (strncmp(line, "asyncprobed_jobs{", 17) == 0) {
		AUTO_FREE char *name = get_label(line, "state");
		const char *value = strrchr(line, ' ');
		if (name != NULL && value != NULL && job_state_parse(name, &state))
			s->n_jobs[state] = strtoull(value, NULL, 10);
	}
}

static int read_metrics(struct status *s, struct http *http)
{
	struct http_call *call;
	int status = answer_get(http, "/metrics", &call);

	if (status != CTL_OK)
		return status;
	const struct buf *body = &http_call_answer(call)->body;
	AUTO_FREE char *text = xstrndup(body->len > 0 ? body->data : "", body->len);
	char *rest = text;
	for (char *line; (line = strsep(&rest, "\n")) != NULL;)
		read_metric(s, line);
	http_call_free(call);
	return CTL_OK;
}

static int read_ready(struct status *s, struct http *http)
{
	struct problem problem = {0};
	struct http_call *call =
	    http_run(http, &(struct http_request){.method = "GET", .path = "/readyz"});
	const struct http_answer *answer = http_call_answer(call);
	int status = CTL_OK;

	s->is_ready = answer->outcome == HTTP_ANSWERED && answer->status == 200;
	if (answer->outcome == HTTP_ANSWERED && answer->status == 503 && answer->body.len > 0 &&
	    problem_parse(answer->body.data, answer->body.len, &problem))
		s->detail = xstrdup(problem.detail);
	else
		status = answer_check(answer, NULL);
	problem_done(&problem);
	http_call_free(call);
	return status;
}

static void print_text(const struct status *s, const char *url)
{
	printf("daemon   ");
	message_print(stdout, url);
	printf("\nversion  ");
	message_print(stdout, s->version != NULL ? s->version : "unknown");
	printf("\nstate    %s", s->is_ready ? "ready" : "not ready: ");
	message_print(stdout, s->detail != NULL ? s->detail : "");
	printf("\nrunning  %llu\nqueued   %llu\n", s->n_jobs[JOB_RUNNING], s->n_jobs[JOB_QUEUED]);
}

static void print_json(const struct status *s)
{
	struct buf b;

	buf_init(&b, MAX_TEXT);
	buf_addf(&b, "{\"ready\":%s,\"detail\":", s->is_ready ? "true" : "false");
	json_add_optional(&b, s->detail);
	buf_add_str(&b, ",\"version\":");
	json_add_optional(&b, s->version);
	buf_addf(&b, ",\"running\":%llu,\"queued\":%llu}", s->n_jobs[JOB_RUNNING],
	    s->n_jobs[JOB_QUEUED]);
	puts(b.data);
	buf_done(&b);
}

int cmd_status(int argc, char **argv, struct options *options)
{
	static const struct syntax syntax = {
	    .doc = "Show whether the daemon is ready, and how many jobs are running and queued."};
	struct status s = {.is_ready = false};
	struct args args;

	args_parse(argc, argv, &syntax, options, NULL, &args);
	struct http *http = answer_open(options);
	if (http == NULL)
		return CTL_USAGE;
	int status = read_ready(&s, http);
	if (status == CTL_OK)
		status = read_metrics(&s, http);
	if (status == CTL_OK && options->is_json)
		print_json(&s);
	else if (status == CTL_OK)
		print_text(&s, options->url);
	if (status == CTL_OK && !s.is_ready)
		status = CTL_FAILED;
	status_done(&s);
	http_free(http);
	return status;
}
