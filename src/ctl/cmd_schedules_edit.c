/* asyncprobectl schedules add and edit. The job is given as JSON, or as the command that would
 * queue it. Thread: main. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "ctl/answer.h"
#include "ctl/commands.h"
#include "ctl/fields.h"
#include "ctl/input.h"
#include "ctl/message.h"
#include "ctl/view_schedule.h"

struct edit {
	const char *name, *every, *cron, *timezone, *overlap; /* borrowed from argv; NULL: */
	const char *catch_up, *jitter, *paused, *callback;    /* not given */
	const char *job_file;
	char *job;   /* owned; JSON; NULL: not given */
	bool is_new; /* else an empty text removes a field */
};

static bool check_duration(const char *value, void *variable)
{
	return *value == '\0' || option_check_duration(value, variable);
}

#define AT(field) offsetof(struct edit, field)

static const struct option_row own_options[] = {
    {"name", 0, "TEXT", "Give the schedule this name", .offset = AT(name)},
    {"every", 0, "TIME", "Run at this interval (60s, 2h)", .offset = AT(every),
	.read = check_duration, .takes = OPT_DURATION_FORM},
    {"cron", 0, "EXPRESSION",
	"Run at the times that EXPRESSION describes: five fields as in crontab(5), @hourly, "
	"@daily, "
	"@weekly, @monthly or @yearly",
	.offset = AT(cron)},
    {"timezone", 0, "ZONE", "Time zone of --cron, such as Europe/Berlin (default: UTC)",
	.offset = AT(timezone)},
    {"overlap", 0, "HOW",
	"If a run is due before the previous one has ended: skip it (default), queue it, or "
	"replace the previous one",
	OPT_WORD, .offset = AT(overlap), .takes = "skip, queue or replace"},
    {"catch-up", 0, "HOW",
	"If runs were due while the daemon was down: skip them (default), or start one", OPT_WORD,
	.offset = AT(catch_up), .takes = "skip or one"},
    {"jitter", 0, "TIME", "Delay all runs by a fixed time of up to TIME, to spread schedules",
	.offset = AT(jitter), .read = check_duration, .takes = OPT_DURATION_FORM},
    {"paused", 0, NULL, "Pause the schedule", OPT_PRESET, .offset = AT(paused), .takes = "true"},
    {"not-paused", 0, NULL, "Resume the schedule", OPT_PRESET, .offset = AT(paused),
	.takes = "false"},
    {"callback", 0, "URL", "Send a POST request with the changes of each run to URL",
	.offset = AT(callback)},
    {"job", 0, "FILE", "Read the job, as JSON, from FILE (-: standard input)",
	.offset = AT(job_file)},
    {0},
};

/* --- The job --- */

static bool read_file(struct edit *e)
{
	char fault[VIEW_FAULT_SIZE];

	e->job = input_read(e->job_file);
	if (e->job == NULL || view_check_object(e->job, fault))
		return e->job != NULL;
	message_error("%s: %s", e->job_file, fault);
	return false;
}

/* Read the job, if there is one. False after printing a message. */
static bool read_job(
    struct edit *e, const char *program, const struct args *args, struct options *options)
{
	static const struct command commands[] = {
	    {"domains", .run = cmd_domains},
	    {"flags", .run = cmd_flags},
	    {"download", .run = cmd_download},
	    {0},
	};

	if (args->command == NULL)
		return e->job_file == NULL || read_file(e);
	if (e->job_file != NULL) {
		(void)message_usage(program, "specify --job or a command, not both");
		return false;
	}
	options->ret_job = &e->job;
	int status = commands_run(commands, program, args->n_command, args->command, options);
	options->ret_job = NULL;
	return status == CTL_OK;
}

/* --- The fields --- */

static void add(struct fields *fields, const struct edit *e, const char *name, const char *value)
{
	if (value != NULL && *value == '\0' && !e->is_new)
		fields_add_json(fields, name, "null");
	else
		fields_add_text(fields, name, value);
}

static void add_fields(const struct edit *e, struct fields *fields)
{
	bool has_cron = e->cron != NULL, has_every = e->every != NULL;

	add(fields, e, "name", e->name);
	add(fields, e, "every", e->every);
	add(fields, e, "cron", e->cron);
	add(fields, e, "timezone", e->timezone);
	add(fields, e, "overlap", e->overlap);
	add(fields, e, "catch_up", e->catch_up);
	add(fields, e, "jitter", e->jitter);
	fields_add_json(fields, "paused", e->paused);
	add(fields, e, "callback_url", e->callback);
	fields_add_json(fields, "job", e->job);
	if (e->is_new)
		return;
	/* --every and --cron replace each other; an interval has no time zone */
	if (has_cron)
		fields_add_json(fields, "every", "null");
	if (has_every)
		fields_add_json(fields, "cron", "null");
	if (has_every && e->timezone == NULL)
		fields_add_json(fields, "timezone", "null");
}

/* Return what is wrong, or NULL. */
static const char *find_fault(const struct edit *e, const struct fields *fields)
{
	bool is_empty =
	    (e->every != NULL && *e->every == '\0') || (e->jitter != NULL && *e->jitter == '\0');

	if (e->every != NULL && e->cron != NULL)
		return "specify --every or --cron, not both";
	if (e->is_new && e->every == NULL && e->cron == NULL)
		return "missing --every or --cron";
	if (e->is_new && is_empty)
		return "--every and --jitter take " OPT_DURATION_FORM;
	if (e->is_new && e->job == NULL)
		return "missing job: specify domains, flags or download, or --job";
	return strcmp(fields->text.data, "{}") == 0 ? "nothing to change" : NULL;
}

/* --- Sending --- */

static void print_next(const void *item, void *arg)
{
	const struct schedule_view *s = item;
	const char *next = s->next_run_at != NULL ? s->next_run_at : "-";

	(void)arg;
	printf("%s  ", s->id);
	message_print(stdout, s->is_paused ? "paused" : next);
	putchar('\n');
}

bool schedules_print_next(const char *text, size_t len, void *arg)
{
	return view_read_item(text, len, view_read_schedule, print_next, arg);
}

static void print_id(const void *item, void *arg)
{
	(void)arg;
	puts(((const struct schedule_view *)item)->id);
}

static bool print_new(const char *text, size_t len, void *arg)
{
	return view_read_item(text, len, view_read_schedule, print_id, arg);
}

static int add_schedule(struct http *http, const char *body, const struct options *options)
{
	return answer_run(http,
	    &(struct http_request){.method = "POST",
		.path = "/schedules",
		.content_type = "application/json",
		.body = body,
		.body_len = strlen(body)},
	    NULL, options, print_new, NULL);
}

/* Send the patch; the daemon refuses it if the schedule is not the one that was read. */
static int patch(struct http *http, const char *path, const char *id, const struct http_answer *old,
    const char *fields, const struct options *options)
{
	AUTO_FREE char *body = view_make_patch(old->body.data, old->body.len, fields);

	if (body == NULL || *old->etag == '\0')
		return answer_unknown();
	struct http_call *call = http_run(http, &(struct http_request){.method = "PATCH",
						    .path = path,
						    .content_type = "application/merge-patch+json",
						    .if_match = old->etag,
						    .body = body,
						    .body_len = strlen(body)});
	const struct http_answer *answer = http_call_answer(call);
	int status = CTL_FAILED;
	if (answer->outcome == HTTP_ANSWERED && answer->status == 412)
		message_error("%s: not changed, because somebody else changed the schedule at the "
			      "same time; check it and try again",
		    id);
	else
		status = answer_print(
		    answer, id, options, options->is_quiet ? NULL : schedules_print_next, NULL);
	http_call_free(call);
	return status;
}

static int change_schedule(
    struct http *http, const char *id, const char *fields, const struct options *options)
{
	struct http_call *call;
	char path[64];

	snprintf(path, sizeof(path), "/schedules/%s", id);
	int status = answer_get(http, path, &call);
	if (status != CTL_OK)
		return status;
	status = patch(http, path, id, http_call_answer(call), fields, options);
	http_call_free(call);
	return status;
}

/* Create a schedule, or change the one with this ID. */
static int run(
    int argc, char **argv, const struct syntax *syntax, struct options *options, bool is_new)
{
	struct edit e = {.is_new = is_new};
	struct http *http = NULL;
	struct fields fields;
	struct args args;
	int status = CTL_USAGE;

	args_parse(argc, argv, syntax, options, &e, &args);
	fields_init(&fields, NULL);
	if (read_job(&e, argv[0], &args, options)) {
		add_fields(&e, &fields);
		const char *fault = find_fault(&e, &fields);
		if (fault != NULL)
			(void)message_usage(argv[0], "%s", fault);
		else if ((http = answer_open(options)) != NULL)
			status =
			    is_new ? add_schedule(http, fields.text.data, options)
				   : change_schedule(http, args.list[0], fields.text.data, options);
	}
	free(e.job);
	fields_done(&fields);
	http_free(http);
	return status;
}

int cmd_schedules_add(int argc, char **argv, struct options *options)
{
	static const struct syntax syntax = {.groups = {{own_options, NULL, 0}},
	    .usage = "COMMAND [ARG...]\n--job FILE",
	    .doc =
		"Create a schedule, and print its ID. COMMAND is domains, flags or download with "
		"its options and arguments; each run is the job that this command would queue.",
	    .has_command = true};

	return run(argc, argv, &syntax, options, true);
}

int cmd_schedules_edit(int argc, char **argv, struct options *options)
{
	static const struct syntax syntax = {.groups = {{own_options, NULL, 0}},
	    .usage = "ID [COMMAND [ARG...]]",
	    .doc = "Change a schedule. Each option replaces the value of its field; an empty value "
		   "('') removes the field.",
	    .min_args = 1,
	    .max_args = 1,
	    .ids_of = "schedule",
	    .has_command = true};

	return run(argc, argv, &syntax, options, false);
}
