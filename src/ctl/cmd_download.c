/* asyncprobectl download: queue files, then follow them. Thread: main. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "ctl/answer.h"
#include "ctl/commands.h"
#include "ctl/job_args.h"
#include "ctl/submit.h"

struct download {
	struct job_args job;
	struct text_list urls;
	const char *input, *folder; /* borrowed from argv; NULL: not given */
};

static error_t on_option(int key, char *value, struct argp_state *state)
{
	struct download *d = state->input;

	switch (key) {
	case 'i':
		if (d->input != NULL)
			argp_error(state, "there may be one -i only");
		d->input = value;
		return 0;
	case 'o':
		d->folder = value;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* URLs are either words or lines. Says on stderr what is wrong. */
static bool take_words(struct download *d, const struct words *words)
{
	const char *fault = NULL;
	bool is_stdin = words->n == 1 && strcmp(words->list[0], "-") == 0;

	if (words->n > 0 && d->input != NULL)
		fault = "give URLs or -i FILE, not both";
	else if (words->n == 0 && d->input == NULL)
		fault = "a URL or -i FILE is missing";
	for (int i = 0; i < words->n && fault == NULL && !is_stdin; i++) {
		if (strcmp(words->list[i], "-") == 0)
			fault = "URLs are read from one place only";
		text_list_add(&d->urls, words->list[i]);
	}
	if (is_stdin && fault == NULL)
		d->input = "-";
	if (fault != NULL)
		fprintf(stderr,
		    "asyncprobectl download: %s\n"
		    "Try `asyncprobectl download --help' for more information.\n",
		    fault);
	return fault == NULL;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static int start(const struct download *d, const struct options *options)
{
	struct submission submission = {.idempotency_key = d->job.idempotency_key,
	    .input = d->input,
	    .folder = d->folder,
	    .is_dry_run = d->job.is_dry_run};
	struct follow_opts follow = {.http = answer_open(options), .options = options};

	if (follow.http == NULL)
		return CTL_USAGE;
	submission.is_ndjson =
	    d->input != NULL && (ends_with(d->input, ".ndjson") || ends_with(d->input, ".jsonl"));
	fields_init(&submission.fields, d->input != NULL, "downloads");
	fields_add_list(&submission.fields, "urls", &d->urls);
	job_args_add(&d->job, &submission.fields);
	int status = submit_run(&submission, &follow);
	fields_done(&submission.fields);
	http_free(follow.http);
	return status;
}

int cmd_download(int argc, char **argv, struct options *options)
{
	static const struct argp_option own_options[] = {
	    {"input", 'i', "FILE", 0,
		"Read URLs from FILE, one a line (FILE.ndjson: a JSON string or object a line)", 0},
	    {"output", 'o', "DIR", 0, "Copy the files into DIR", 0},
	    {0},
	};
	struct download d = {.job = {.max_concurrency = SPEC_MAX_TRANSFERS,
				 .max_timeout = SPEC_MAX_TRANSFER_TIMEOUT_MS * USEC_PER_MSEC}};
	const struct syntax syntax = {.options = own_options,
	    .on_option = on_option,
	    .words = "URL...\n-i FILE",
	    .doc = "Download files; - stands for URLs on standard input, one a line.",
	    .most_words = INT_MAX,
	    .job = &d.job};
	struct words words;

	buf_init(&d.urls.bytes, SIZE_MAX / 2);
	args_parse(argc, argv, &syntax, options, &d, &words);
	int status = take_words(&d, &words) ? start(&d, options) : CTL_USAGE;
	buf_done(&d.urls.bytes);
	return status;
}
