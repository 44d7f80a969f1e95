/* asyncprobectl schedules add and edit. The job comes as JSON, or as the command that would queue
 * it. Thread: main. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "ctl/answer.h"
#include "ctl/commands.h"
#include "ctl/job_words.h"
#include "ctl/view_schedule.h"

enum {
	OPT_NAME = 0x100,
	OPT_EVERY,
	OPT_CRON,
	OPT_TIMEZONE,
	OPT_OVERLAP,
	OPT_CATCH_UP,
	OPT_JITTER,
	OPT_PAUSED,
	OPT_NOT_PAUSED,
	OPT_CALLBACK,
	OPT_JOB
};

static const struct argp_option own_options[] = {
    {"name", OPT_NAME, "TEXT", 0, "Call the schedule TEXT", 0},
    {"every", OPT_EVERY, "TIME", 0, "Run in this interval (60s, 2h)", 0},
    {"cron", OPT_CRON, "EXPRESSION", 0,
	"Run when EXPRESSION says so: five fields as in crontab(5), @hourly, @daily, @weekly, "
	"@monthly or @yearly",
	0},
    {"timezone", OPT_TIMEZONE, "ZONE", 0, "Zone of --cron, such as Europe/Berlin (default: UTC)",
	0},
    {"overlap", OPT_OVERLAP, "HOW", 0,
	"When a run is due and the last one still goes: skip it (default), queue it behind, or "
	"replace the last one",
	0},
    {"catch-up", OPT_CATCH_UP, "HOW", 0,
	"Of runs that were due while the daemon was down: skip them (default), or make up for one",
	0},
    {"jitter", OPT_JITTER, "TIME", 0,
	"Shift all runs by some time up to TIME, so that not all schedules run at once", 0},
    {"paused", OPT_PAUSED, NULL, 0, "Don't run until it is resumed", 0},
    {"not-paused", OPT_NOT_PAUSED, NULL, 0, "Run", 0},
    {"callback", OPT_CALLBACK, "URL", 0, "Have what a run changed posted to URL", 0},
    {"job", OPT_JOB, "FILE", 0, "Read the job, as JSON, from FILE (-: standard input)", 0},
    {0},
};

struct edit {
	const char *name, *every, *cron, *timezone, *overlap; /* borrowed from argv; NULL: */
	const char *catch_up, *jitter, *paused, *callback;    /* not given */
	const char *job_file;
	char *job;   /* owned; JSON; NULL: not given */
	bool is_new; /* else what is empty takes away what there was */
};

/* --- Options --- */

static void check_duration(
    const struct argp_state *state, const char *option, const char *value, const struct edit *e)
{
	usec_t duration;

	if (str_to_duration(value, &duration) != OK && (e->is_new || *value != '\0'))
		argp_error(
		    state, "--%s takes a time such as 90s, 10m or 2h, not '%s'", option, value);
}

static error_t on_rare_option(int key, const char *value, const struct argp_state *state)
{
	struct edit *e = state->input;

	switch (key) {
	case OPT_NAME:
		e->name = value;
		return 0;
	case OPT_TIMEZONE:
		e->timezone = value;
		return 0;
	case OPT_PAUSED:
		e->paused = "true";
		return 0;
	case OPT_NOT_PAUSED:
		e->paused = "false";
		return 0;
	case OPT_CALLBACK:
		e->callback = value;
		return 0;
	case OPT_JOB:
		e->job_file = value;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t on_option(int key, char *value, struct argp_state *state)
{
	struct edit *e = state->input;

	switch (key) {
	case OPT_EVERY:
		check_duration(state, "every", value, e);
		e->every = value;
		return 0;
	case OPT_CRON:
		e->cron = value;
		return 0;
	case OPT_OVERLAP:
		if (strcmp(value, "skip") != 0 && strcmp(value, "queue") != 0 &&
		    strcmp(value, "replace") != 0)
			argp_error(
			    state, "--overlap takes skip, queue or replace, not '%s'", value);
		e->overlap = value;
		return 0;
	case OPT_CATCH_UP:
		if (strcmp(value, "skip") != 0 && strcmp(value, "one") != 0)
			argp_error(state, "--catch-up takes skip or one, not '%s'", value);
		e->catch_up = value;
		return 0;
	case OPT_JITTER:
		check_duration(state, "jitter", value, e);
		e->jitter = value;
		return 0;
	default:
		return on_rare_option(key, value, state);
	}
}

/* --- The job --- */

static bool read_file(struct edit *e)
{
	char fault[VIEW_FAULT_SIZE];

	e->job = job_words_read_file(e->job_file);
	if (e->job == NULL || view_check_object(e->job, fault))
		return e->job != NULL;
	fputs("asyncprobectl: ", stderr);
	answer_print(stderr, e->job_file);
	fputs(": ", stderr);
	answer_print(stderr, fault);
	fputc('\n', stderr);
	return false;
}

/* Read the job, if there is one; says on stderr what is wrong. */
static bool read_job(
    struct edit *e, const char *program, const struct words *words, struct options *options)
{
	AUTO_FREE char *name = NULL;

	if (words->command == NULL)
		return e->job_file == NULL || read_file(e);
	job_words_fn *read = job_words_find(words->command[0]);
	if (read == NULL || e->job_file != NULL) {
		fprintf(stderr, "%s: ", program);
		answer_print(stderr, read == NULL ? words->command[0] : "--job");
		fputs(read == NULL ? ": give domains, flags or download\n"
				   : " and a command can't both be the job\n",
		    stderr);
		return false;
	}
	struct buf text;
	buf_init(&text, SIZE_MAX / 2);
	buf_addf(&text, "%s %s", program, words->command[0]);
	name = buf_take(&text, NULL);
	words->command[0] = name;
	e->job = read(words->n_command, words->command, options);
	return e->job != NULL;
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
	/* one rhythm takes the other's place; an interval has no time zone */
	if (has_cron)
		fields_add_json(fields, "every", "null");
	if (has_every)
		fields_add_json(fields, "cron", "null");
	if (has_every && e->timezone == NULL)
		fields_add_json(fields, "timezone", "null");
}

/* What is wrong, or NULL. */
static const char *find_fault(const struct edit *e, const struct fields *fields)
{
	if (e->every != NULL && e->cron != NULL)
		return "give either --every or --cron, not both";
	if (e->is_new && e->every == NULL && e->cron == NULL)
		return "--every or --cron is missing";
	if (e->is_new && e->job == NULL)
		return "the job is missing: a command such as domains, or --job";
	return strcmp(fields->text.data, "{}") == 0 ? "there is nothing to change" : NULL;
}

/* --- Sending --- */

static void print_id(const struct schedule_view *schedule, void *arg)
{
	(void)arg;
	puts(schedule->id);
}

static int add_schedule(struct http *http, const char *body, const struct options *options)
{
	struct http_call *call = http_run(http, &(struct http_request){.method = "POST",
						    .path = "/schedules",
						    .content_type = "application/json",
						    .body = body,
						    .body_len = strlen(body)});
	const struct http_answer *answer = http_call_answer(call);
	int status = answer_check(answer, NULL);

	if (status == CTL_OK && options->is_json)
		status = answer_print_raw(answer);
	else if (status == CTL_OK &&
		 (answer->body.len == 0 ||
		     !view_parse_schedule(answer->body.data, answer->body.len, print_id, NULL)))
		status = answer_strange();
	http_call_free(call);
	return status;
}

/* Send the patch if the schedule is still the one that was read. */
static int patch(struct http *http, const char *path, const char *id, const struct http_answer *old,
    const char *fields, const struct options *options)
{
	AUTO_FREE char *body =
	    old->body.len > 0 ? view_make_patch(old->body.data, old->body.len, fields) : NULL;

	if (body == NULL || *old->etag == '\0')
		return answer_strange();
	struct http_call *call = http_run(http, &(struct http_request){.method = "PATCH",
						    .path = path,
						    .content_type = "application/merge-patch+json",
						    .if_match = old->etag,
						    .body = body,
						    .body_len = strlen(body)});
	const struct http_answer *answer = http_call_answer(call);
	int status = CTL_FAILED;
	if (answer->outcome == HTTP_ANSWERED && answer->status == 412)
		fprintf(stderr,
		    "asyncprobectl: %s: it was changed by somebody else at the same moment, and "
		    "not by this; look at it and try again\n",
		    id);
	else
		status = answer_check(answer, id);
	if (status == CTL_OK && options->is_json)
		status = answer_print_raw(answer);
	else if (status == CTL_OK && !options->is_quiet)
		status = schedules_print_next(answer);
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

/* `id`: NULL for a new one. */
static int send_edit(
    struct edit *e, const char *program, const char *id, const struct options *options)
{
	struct http *http = NULL;
	struct fields fields;
	int status = CTL_USAGE;

	fields_init(&fields, false, NULL);
	add_fields(e, &fields);
	const char *fault = find_fault(e, &fields);
	if (fault != NULL)
		fprintf(stderr, "%s: %s\nTry `%s --help' for more information.\n", program, fault,
		    program);
	else if ((http = answer_open(options)) != NULL)
		status = id == NULL ? add_schedule(http, fields.text.data, options)
				    : change_schedule(http, id, fields.text.data, options);
	fields_done(&fields);
	http_free(http);
	return status;
}

int cmd_schedules_add(int argc, char **argv, struct options *options)
{
	static const struct syntax syntax = {.options = own_options,
	    .on_option = on_option,
	    .words = "COMMAND [WORD...]\n--job FILE",
	    .doc = "Make a schedule, and print its id. COMMAND is domains, flags or download with "
		   "what belongs to it, and each run is what it would queue.",
	    .has_command = true};
	struct edit e = {.is_new = true};
	const char *program = argv[0];
	struct words words;
	int status = CTL_USAGE;

	args_parse(argc, argv, &syntax, options, &e, &words);
	if (read_job(&e, program, &words, options))
		status = send_edit(&e, program, NULL, options);
	free(e.job);
	return status;
}

int cmd_schedules_edit(int argc, char **argv, struct options *options)
{
	static const struct syntax syntax = {.options = own_options,
	    .on_option = on_option,
	    .words = "ID [COMMAND [WORD...]]",
	    .doc =
		"Change a schedule. What is given takes the place of what there was, and what is "
		"empty ('') takes it away.",
	    .least_words = 1,
	    .most_words = 1,
	    .ids_of = "schedule",
	    .has_command = true};
	struct edit e = {.is_new = false};
	const char *program = argv[0];
	struct words words;
	int status = CTL_USAGE;

	args_parse(argc, argv, &syntax, options, &e, &words);
	if (read_job(&e, program, &words, options))
		status = send_edit(&e, program, words.list[0], options);
	free(e.job);
	return status;
}
