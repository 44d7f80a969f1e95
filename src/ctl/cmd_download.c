/* asyncprobectl download: queue files, and follow the job. Thread: main. */
#include <limits.h>
#include <string.h>

#include "ctl/commands.h"
#include "ctl/message.h"
#include "ctl/submit.h"

struct download {
	struct job_args job;
	struct text_list urls;
	const char *layout, *base_url; /* borrowed from argv; NULL: not given */
	const char *keep;
	bool is_unsaved, by_disposition, is_decoded, if_changed;
	uint64_t max_rate; /* 0: not given */
};

#define AT(field) offsetof(struct download, field)

static const struct option_row own_options[] = {
    {"input", 'i', "FILE",
	"Read URLs from FILE, one per line (FILE.ndjson: a JSON string or object per line)",
	.offset = AT(job.input), .read = option_check_first, .takes = "one file only"},
    {"output", 'o', "DIR", "Copy the files to DIR", .offset = AT(job.folder)},
    {"layout", 0, "LAYOUT", "Folders of the files: flat (default), host or url", OPT_WORD,
	.offset = AT(layout), .takes = "flat, host or url"},
    {"base-url", 0, "URL", "Where files are that are given by a name instead of a URL",
	.offset = AT(base_url)},
    {"content-disposition", 0, NULL, "Name the files as the servers say", OPT_FLAG,
	.offset = AT(by_disposition)},
    {"decode", 0, NULL, "Undo the content codings of the files", OPT_FLAG,
	.offset = AT(is_decoded)},
    {"no-save", 0, NULL, "Keep only the outcome and the digest of each file", OPT_FLAG,
	.offset = AT(is_unsaved)},
    {"keep", 0, "COPIES", "Of a schedule: keep all copies of each file (default), or the last",
	OPT_WORD, .offset = AT(keep), .takes = "all or last"},
    {"if-changed", 0, NULL, "Of a schedule: compare each file with the last copy", OPT_FLAG,
	.offset = AT(if_changed)},
    {"max-rate", 0, "BYTES", "Download at most BYTES per second in all", OPT_NUMBER,
	.offset = AT(max_rate), .min = 1, .max = SPEC_MAX_BYTE_RATE},
    {0},
};

/* URLs are either arguments or lines. Returns what is wrong, or NULL. */
static const char *take_args(struct download *d, const struct args *args)
{
	if (args->n > 0 && d->job.input != NULL)
		return "specify URLs or -i FILE, not both";
	if (args->n == 0 && d->job.input == NULL)
		return "missing URL or -i FILE";
	if (args->n == 1 && strcmp(args->list[0], "-") == 0) {
		d->job.input = "-";
		return NULL;
	}
	for (int i = 0; i < args->n; i++) {
		if (strcmp(args->list[i], "-") == 0)
			return "URLs are read from one place only";
		text_list_add(&d->urls, args->list[i]);
	}
	return NULL;
}

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static bool has_json_lines(const struct download *d)
{
	const char *input = d->job.input;

	return input != NULL && (ends_with(input, ".ndjson") || ends_with(input, ".jsonl"));
}

static void add_fields(const void *arg, struct fields *fields)
{
	const struct download *d = arg;

	fields_add_list(fields, "urls", &d->urls);
	fields_add_text(fields, "layout", d->layout);
	fields_add_text(fields, "base_url", d->base_url);
	fields_add_flag(fields, "content_disposition", d->by_disposition);
	fields_add_flag(fields, "decode", d->is_decoded);
	if (d->is_unsaved)
		fields_add_json(fields, "save", "false");
	fields_add_text(fields, "keep", d->keep);
	fields_add_flag(fields, "if_changed", d->if_changed);
	fields_add_number(fields, "max_rate", d->max_rate);
}

int cmd_download(int argc, char **argv, struct options *options)
{
	const struct syntax syntax = {
	    .groups = {{own_options, NULL, 0}, {job_args_options(), JOB_ARGS_TITLE, AT(job)}},
	    .usage = "URL...\n-i FILE",
	    .doc = "Download files; - stands for URLs on standard input, one per line.",
	    .max_args = INT_MAX};
	struct download d = {.layout = NULL};
	struct args args;
	int status = CTL_USAGE;

	buf_init(&d.urls.bytes, SIZE_MAX / 2);
	d.urls.n = 0;
	job_args_init(&d.job, true);
	args_parse(argc, argv, &syntax, options, &d, &args);
	const char *fault = take_args(&d, &args);
	bool is_ndjson = has_json_lines(&d);
	if (fault == NULL && is_ndjson && options->ret_job != NULL)
		fault =
		    "lines of JSON cannot be read for a schedule; give the whole job with --job";
	if (fault != NULL)
		(void)message_usage(argv[0], "%s", fault);
	else if (submit_take_lines(options, &d.job, &d.urls))
		status = submit_run(&(struct submission){.kind = "downloads",
					.job = &d.job,
					.is_ndjson = is_ndjson,
					.add_fields = add_fields,
					.arg = &d},
		    &(struct follow_opts){.options = options});
	buf_done(&d.urls.bytes);
	return status;
}
