/* The options of all commands that queue a job. Thread: main. */
#include "ctl/job_args.h"

#include <stdio.h>

#include "base/str.h"

static bool read_concurrency(const char *value, void *variable)
{
	struct job_args *args = variable;
	uint64_t max = args->is_files ? SPEC_MAX_TRANSFERS : SPEC_MAX_CONCURRENCY;

	return str_to_u64(value, max, &args->concurrency) == OK;
}

static bool read_timeout(const char *value, void *variable)
{
	struct job_args *args = variable;
	usec_t max = args->is_files ? SPEC_MAX_TRANSFER_TIMEOUT_MS : SPEC_MAX_TIMEOUT_MS;

	return str_to_duration(value, &args->timeout) == OK && args->timeout <= max * USEC_PER_MSEC;
}

static bool check_deadline(const char *value, void *variable)
{
	return option_check_time(value, variable) || option_check_duration(value, variable);
}

#define AT(field) offsetof(struct job_args, field)

static const struct option_row options[] = {
    {"label", 0, "TEXT", "Give the job this label", .offset = AT(label)},
    {"concurrency", 0, "N", "Process at most N items at the same time", OPT_READ,
	.read = read_concurrency,
	.takes = "a whole number, at most 100000 for names and 1000 for files"},
    {"rate", 0, "N", "Start at most N items per second", OPT_NUMBER, .offset = AT(rate),
	.max = SPEC_MAX_RATE},
    {"timeout", 0, "TIME", "Time limit of one attempt (500ms, 3s)", OPT_READ, .read = read_timeout,
	.takes = "a time such as 500ms or 3s, at most 10s for names and 3600s for files"},
    {"attempts", 0, "N", "Try each item at most N times", OPT_NUMBER, .offset = AT(attempts),
	.max = SPEC_MAX_ATTEMPTS},
    {"run-at", 0, "TIME", "Start at TIME (2026-11-22T12:00:00Z)", .offset = AT(run_at),
	.read = option_check_time, .takes = OPT_TIME_FORM},
    {"deadline", 0, "TIME", "End the job at TIME, or this long after its start (10m)",
	.offset = AT(deadline), .read = check_deadline,
	.takes = OPT_TIME_FORM " or a duration such as 10m"},
    {"priority", 0, "N", "Priority from 0 to 9 (default: 5); jobs with a higher one come first",
	OPT_NUMBER, .offset = AT(priority), .max = SPEC_MAX_PRIORITY},
    {"callback", 0, "URL", "Send a POST request to URL when the job ends", .offset = AT(callback)},
    {"dry-run", 0, NULL, "Show what would be queued, as JSON", OPT_FLAG, .offset = AT(is_dry_run)},
    {"idempotency-key", 0, "KEY", "Queue the job once, even if the command is repeated",
	.offset = AT(idempotency_key)},
    {0},
};

const struct option_row *job_args_options(void)
{
	return options;
}

void job_args_init(struct job_args *args, bool is_files)
{
	*args = (struct job_args){.is_files = is_files, .priority = JOB_ARGS_NO_PRIORITY};
}

void job_args_add(const struct job_args *args, struct fields *fields)
{
	char priority[24];

	fields_add_text(fields, "label", args->label);
	fields_add_number(fields, "concurrency", args->concurrency);
	fields_add_number(fields, "rate", args->rate);
	fields_add_number(fields, "timeout_ms", (uint64_t)(args->timeout / USEC_PER_MSEC));
	fields_add_number(fields, "attempts", args->attempts);
	fields_add_text(fields, "run_at", args->run_at);
	fields_add_text(fields, "deadline", args->deadline);
	fields_add_text(fields, "callback_url", args->callback);
	snprintf(priority, sizeof(priority), "%llu", (unsigned long long)args->priority);
	if (args->priority != JOB_ARGS_NO_PRIORITY)
		fields_add_json(fields, "priority", priority);
}

const char *job_args_find_unfit(const struct job_args *args)
{
	if (args->folder != NULL)
		return "--output";
	if (args->run_at != NULL)
		return "--run-at";
	if (args->is_dry_run)
		return "--dry-run";
	return args->idempotency_key != NULL ? "--idempotency-key" : NULL;
}
