/* asyncprobectl download: queue files, then follow them. Thread: main. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "ctl/answer.h"
#include "ctl/commands.h"
#include "ctl/job_args.h"
#include "ctl/job_words.h"
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

static bool has_json_lines(const struct download *d)
{
	return d->input != NULL &&
	       (ends_with(d->input, ".ndjson") || ends_with(d->input, ".jsonl"));
}

static void add_fields(const struct download *d, struct fields *fields)
{
	fields_add_list(fields, "urls", &d->urls);
	job_args_add(&d->job, fields);
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
	submission.is_ndjson = has_json_lines(d);
	fields_init(&submission.fields, d->input != NULL, "downloads");
	add_fields(d, &submission.fields);
	int status = submit_run(&submission, &follow);
	fields_done(&submission.fields);
	http_free(follow.http);
	return status;
}

/* Read the command line; CTL_USAGE after saying on stderr what is wrong. */
static int parse(int argc, char **argv, struct options *options, struct download *d)
{
	static const struct argp_option own_options[] = {
	    {"input", 'i', "FILE", 0,
		"Read URLs from FILE, one a line (FILE.ndjson: a JSON string or object a line)", 0},
	    {"output", 'o', "DIR", 0, "Copy the files into DIR", 0},
	    {0},
	};
	const struct syntax syntax = {.options = own_options,
	    .on_option = on_option,
	    .words = "URL...\n-i FILE",
	    .doc = "Download files; - stands for URLs on standard input, one a line.",
	    .most_words = INT_MAX,
	    .shared = job_args_argp(),
	    .shared_input = &d->job,
	    .shared_title = JOB_ARGS_TITLE};
	struct words words;

	*d = (struct download){.job = {.max_concurrency = SPEC_MAX_TRANSFERS,
				   .max_timeout = SPEC_MAX_TRANSFER_TIMEOUT_MS * USEC_PER_MSEC}};
	buf_init(&d->urls.bytes, SIZE_MAX / 2);
	args_parse(argc, argv, &syntax, options, d, &words);
	return take_words(d, &words) ? CTL_OK : CTL_USAGE;
}

int cmd_download(int argc, char **argv, struct options *options)
{
	struct download d;
	int status = parse(argc, argv, options, &d);

	if (status == CTL_OK)
		status = start(&d, options);
	buf_done(&d.urls.bytes);
	return status;
}

static bool take_lines(struct download *d)
{
	if (has_json_lines(d)) {
		fputs("asyncprobectl: give JSON as the whole job, by --job\n", stderr);
		return false;
	}
	return d->input == NULL || job_words_add_lines(&d->urls, d->input);
}

char *download_read_words(int argc, char **argv, struct options *options)
{
	struct download d;
	struct fields fields = {.text = {.data = NULL}};

	if (parse(argc, argv, options, &d) == CTL_OK && job_words_check(&d.job, d.folder) &&
	    take_lines(&d)) {
		fields_init(&fields, false, "downloads");
		add_fields(&d, &fields);
	}
	buf_done(&d.urls.bytes);
	return fields.text.data;
}
