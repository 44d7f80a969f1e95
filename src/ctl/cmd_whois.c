/* asyncprobectl whois: one name, in words. Thread: main. */
#include <stdio.h>
#include <string.h>

#include "ctl/answer.h"
#include "ctl/commands.h"
#include "ctl/fields.h"
#include "ctl/message.h"
#include "ctl/view_registration.h"

enum { WAIT = 30 /* seconds that the daemon may wait for the end of the job */ };

struct outcome {
	bool is_json;
	int status; /* to exit with */
};

static void print_verdict(const struct registration_view *r)
{
	bool is_unknown = strcmp(r->status, "unknown") == 0;

	if (is_unknown)
		fputs("It is unknown whether ", stdout);
	message_print(stdout, r->domain);
	if (is_unknown)
		fputs(" is registered", stdout);
	else if (strcmp(r->status, "available") == 0)
		fputs(" is free", stdout);
	else
		printf(" is %s", strcmp(r->status, "reserved") == 0 ? "reserved" : "registered");
	if (r->reason != NULL) {
		fputs(" (", stdout);
		message_print(stdout, r->reason);
		putchar(')');
	}
	puts(".");
	if (r->is_likely_available)
		puts("The DNS does not know it; the registry has not said whether it is free.");
	if (r->has_conflict)
		puts("The DNS knows it, the registry says that it does not.");
	if (r->drops)
		puts("It is about to be deleted.");
}

static void print_fact(const char *name, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	printf("%-10s ", name);
	message_print(stdout, text);
	putchar('\n');
}

static void on_result(const void *item, void *arg)
{
	const struct registration_view *r = item;
	struct outcome *outcome = arg;

	if (!outcome->is_json) {
		print_verdict(r);
		print_fact("registrar:", r->registrar);
		print_fact("created:", r->created);
		print_fact("expires:", r->expires);
		print_fact("status:", r->statuses);
		print_fact("for sale:", r->for_sale);
		print_fact("evidence:", r->evidence);
	}
	outcome->status = strcmp(r->status, "available") == 0 ? CTL_OK
			  : strcmp(r->status, "unknown") == 0 ? CTL_UNKNOWN
							      : CTL_FAILED;
}

static int queue(struct http *http, const char *name, struct job_view *ret_job)
{
	struct text_list domains;
	struct fields fields;

	text_list_init(&domains);
	text_list_add(&domains, name);
	fields_init(&fields, NULL);
	fields_add_text(&fields, "kind", "domains");
	fields_add_text(&fields, "check", "registration");
	fields_add_flag(&fields, "details", true);
	fields_add_list(&fields, "domains", &domains);
	struct http_call *call = http_run(http, &(struct http_request){.method = "POST",
						    .path = "/jobs",
						    .content_type = "application/json",
						    .body = fields.text.data,
						    .body_len = fields.text.len});
	int status = answer_check(http_call_answer(call), NULL);
	if (status == CTL_OK)
		status = answer_read_job(http_call_answer(call), ret_job);
	http_call_free(call);
	fields_done(&fields);
	buf_done(&domains.bytes);
	return status;
}

/* Wait for the end of the job: the registry may be one that is asked seldom. */
static int wait_for_end(struct http *http, struct job_view *job)
{
	char path[80];
	int status = CTL_OK;

	while (status == CTL_OK && !job_state_is_ended(job->state)) {
		struct http_call *call;
		snprintf(path, sizeof(path), "/jobs/%s?wait=%d", job->id, WAIT);
		view_job_done(job);
		status = answer_get(http, path, &call);
		if (status != CTL_OK)
			break;
		status = answer_read_job(http_call_answer(call), job);
		http_call_free(call);
	}
	return status;
}

static int show(struct http *http, const char *id, const struct options *options)
{
	struct http_call *call;
	char path[80];
	struct outcome outcome = {.is_json = options->is_json};

	snprintf(path, sizeof(path), "/jobs/%s/results?format=ndjson", id);
	int status = answer_get(http, path, &call);
	if (status != CTL_OK)
		return status;
	const struct http_answer *answer = http_call_answer(call);
	if (answer->body.len == 0) {
		message_error("job %s ended without a result", id);
		status = CTL_FAILED;
	} else if (!view_parse_registration(
		       answer->body.data, answer->body.len, on_result, &outcome)) {
		status = answer_unknown();
	} else {
		status = options->is_json ? answer_print_raw(answer) : CTL_OK;
	}
	http_call_free(call);
	return status == CTL_OK ? outcome.status : status;
}

int cmd_whois(int argc, char **argv, struct options *options)
{
	static const struct syntax syntax = {.usage = "NAME",
	    .doc = "Say whether a name is registered, by whom and until when, or free. The exit "
		   "status is 0 if it is free, 1 if it is registered or reserved, and 4 if that is "
		   "unknown.",
	    .min_args = 1,
	    .max_args = 1};
	struct job_view job = {.eta = -1};
	struct args args;

	args_parse(argc, argv, &syntax, options, NULL, &args);
	struct http *http = answer_open(options);
	if (http == NULL)
		return CTL_USAGE;
	int status = queue(http, args.list[0], &job);
	if (status == CTL_OK)
		status = wait_for_end(http, &job);
	if (status == CTL_OK)
		status = show(http, job.id, options);
	view_job_done(&job);
	http_free(http);
	return status;
}
