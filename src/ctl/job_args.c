/* The options of every command that queues a job. Thread: main. */
#include "ctl/job_args.h"

#include <stdio.h>

#include "base/str.h"
#include "ctl/args.h"

enum {
	OPT_LABEL = 0x2000,
	OPT_CONCURRENCY,
	OPT_RATE,
	OPT_TIMEOUT,
	OPT_ATTEMPTS,
	OPT_DRY_RUN,
	OPT_KEY,
	OPT_RUN_AT,
	OPT_DEADLINE,
	OPT_PRIORITY,
	OPT_CALLBACK
};

static usec_t read_timeout(
    const struct job_args *args, const struct argp_state *state, const char *value)
{
	usec_t timeout = 0;

	if (str_to_duration(value, &timeout) != OK || timeout > args->max_timeout)
		argp_error(state,
		    "--timeout takes a time such as 500ms or 3s, at most %llds, not '%s'",
		    (long long)(args->max_timeout / USEC_PER_SEC), value);
	return timeout;
}

/* When the job begins, how urgent it is, and what comes of it. */
static error_t on_life(int key, const char *value, const struct argp_state *state)
{
	struct job_args *args = state->input;
	usec_t time;

	switch (key) {
	case OPT_RUN_AT:
		if (clock_parse(value, &time) != OK)
			argp_error(state,
			    "--run-at takes a time such as 2026-11-22T12:00:00Z, not '%s'", value);
		args->run_at = value;
		return 0;
	case OPT_DEADLINE:
		if (clock_parse(value, &time) != OK && str_to_duration(value, &time) != OK)
			argp_error(state,
			    "--deadline takes a time such as 2026-11-22T12:00:00Z or a duration "
			    "such as 10m, not '%s'",
			    value);
		args->deadline = value;
		return 0;
	case OPT_PRIORITY:
		args->priority = args_number(state, "priority", value, SPEC_MAX_PRIORITY);
		args->has_priority = true;
		return 0;
	case OPT_CALLBACK:
		args->callback = value;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t on_option(int key, char *value, struct argp_state *state)
{
	struct job_args *args = state->input;

	switch (key) {
	case OPT_LABEL:
		args->label = value;
		return 0;
	case OPT_CONCURRENCY:
		args->concurrency = args_number(state, "concurrency", value, args->max_concurrency);
		return 0;
	case OPT_RATE:
		args->rate = args_number(state, "rate", value, SPEC_MAX_RATE);
		return 0;
	case OPT_TIMEOUT:
		args->timeout = read_timeout(args, state, value);
		return 0;
	case OPT_ATTEMPTS:
		args->attempts = args_number(state, "attempts", value, SPEC_MAX_ATTEMPTS);
		return 0;
	case OPT_DRY_RUN:
		args->is_dry_run = true;
		return 0;
	case OPT_KEY:
		args->idempotency_key = value;
		return 0;
	default:
		return on_life(key, value, state);
	}
}

const struct argp *job_args_argp(void)
{
	static const struct argp_option options[] = {
	    {"label", OPT_LABEL, "TEXT", 0, "Call the job TEXT", 0},
	    {"concurrency", OPT_CONCURRENCY, "N", 0, "At most N items at the same time", 0},
	    {"rate", OPT_RATE, "N", 0, "At most N items a second", 0},
	    {"timeout", OPT_TIMEOUT, "TIME", 0, "Time for one attempt (500ms, 3s)", 0},
	    {"attempts", OPT_ATTEMPTS, "N", 0, "Try each item at most N times", 0},
	    {"run-at", OPT_RUN_AT, "TIME", 0, "Begin at TIME (2026-11-22T12:00:00Z)", 0},
	    {"deadline", OPT_DEADLINE, "TIME", 0,
		"End the job at TIME, or so long after it may begin (10m)", 0},
	    {"priority", OPT_PRIORITY, "N", 0,
		"From 0 to 9 (default: 5); the highest is served first", 0},
	    {"callback", OPT_CALLBACK, "URL", 0, "Have the job's end posted to URL", 0},
	    {"dry-run", OPT_DRY_RUN, NULL, 0, "Show what would be queued, as JSON", 0},
	    {"idempotency-key", OPT_KEY, "KEY", 0, "Queue once, however often the same is sent", 0},
	    {0},
	};
	static const struct argp argp = {.options = options, .parser = on_option};

	return &argp;
}

void job_args_add(const struct job_args *args, struct fields *fields)
{
	char priority[16];

	fields_add_text(fields, "label", args->label);
	fields_add_number(fields, "concurrency", args->concurrency);
	fields_add_number(fields, "rate", args->rate);
	fields_add_number(fields, "timeout_ms", (uint64_t)(args->timeout / USEC_PER_MSEC));
	fields_add_number(fields, "attempts", args->attempts);
	fields_add_text(fields, "run_at", args->run_at);
	fields_add_text(fields, "deadline", args->deadline);
	fields_add_text(fields, "callback_url", args->callback);
	snprintf(priority, sizeof(priority), "%u", (unsigned)args->priority);
	fields_add_json(fields, "priority", args->has_priority ? priority : NULL);
}

const char *job_args_unfit(const struct job_args *args)
{
	if (args->run_at != NULL)
		return "--run-at";
	if (args->is_dry_run)
		return "--dry-run";
	return args->idempotency_key != NULL ? "--idempotency-key" : NULL;
}
