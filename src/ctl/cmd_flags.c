/* asyncprobectl flags: queue flags of countries, and report as the programs that it replaces did:
 * first the site, the codes and the number of connections, at the end the counts and the time.
 * Thread: main. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "ctl/commands.h"
#include "ctl/message.h"
#include "ctl/submit.h"
#include "model/codes.h"

enum { DEFAULT_CONCURRENCY = 5, FEW_CODES = 10 };

struct flags {
	struct job_args job;
	const struct options *options;
	struct codes codes;
	struct text_list given;                 /* the arguments, in capitals */
	const char *preset, *server, *base_url; /* borrowed; NULL: not given */
	uint64_t limit;                         /* 0: not given */
	bool is_all, is_every, is_by_country, is_verbose;
};

static bool read_max_req(const char *value, void *variable)
{
	uint64_t *concurrency = variable, n;

	if (str_to_u64(value, INT_MAX, &n) != OK || n < 1)
		return false;
	*concurrency = n < SPEC_MAX_TRANSFERS ? n : SPEC_MAX_TRANSFERS;
	return true;
}

#define AT(field) offsetof(struct flags, field)

static const struct option_row own_options[] = {
    {"all", 'a', NULL, "All codes that are known to have a flag (194)", OPT_FLAG,
	.offset = AT(is_all)},
    {"every", 'e', NULL, "All codes from AA to ZZ", OPT_FLAG, .offset = AT(is_every)},
    {"limit", 'l', "N", "Only the first N codes in alphabetical order", OPT_NUMBER,
	.offset = AT(limit), .min = 1, .max = INT_MAX},
    {"max-req", 'm', "N", "Send at most N requests at the same time, 1 to 1000 (default: 5)",
	OPT_READ, .offset = AT(job.concurrency), .read = read_max_req,
	.takes = "a whole number of at least 1"},
    {"max_req", .kind = OPT_ALIAS},
    {"server", 's', "LABEL", "Download from this site, a label in the daemon's settings",
	.offset = AT(server)},
    {"base-url", 0, "URL", "Download from this site; overrides --server", .offset = AT(base_url)},
    {"name-by-country", 0, NULL, "Name the files by country, not by code", OPT_FLAG,
	.offset = AT(is_by_country)},
    {"output", 'o', "DIR", "Copy the files to DIR", .offset = AT(job.folder)},
    {"verbose", 'v', NULL, "Print the result of each code, and no progress bar", OPT_FLAG,
	.offset = AT(is_verbose)},
    {0},
};

/* --- Before --- */

static void to_capitals(char *text)
{
	for (; *text != '\0'; text++) {
		if (*text >= 'a' && *text <= 'z')
			*text = (char)(*text - 'a' + 'A');
	}
}

/* Check the arguments and find the codes. --every overrides --all, and both override arguments.
 * False: an argument is invalid. */
static bool take_args(struct flags *f, const struct args *args)
{
	for (int i = 0; i < args->n; i++) {
		AUTO_FREE char *code = xstrdup(args->list[i]);
		to_capitals(code);
		if (!codes_add(&f->codes, code, strlen(code)))
			return false;
		text_list_add(&f->given, code);
	}
	f->limit = f->limit < CODES_ALL ? f->limit : CODES_ALL;
	if (args->n > 0 && !f->is_all && !f->is_every)
		return true;
	f->preset = f->is_every ? "every" : f->is_all ? "all" : "pop20";
	f->codes = (struct codes){.bits = {0}};
	(void)codes_add_preset(&f->codes, f->preset);
	return true;
}

/* Print the first URL without its last two segments, `cc/cc.gif`. */
static void print_site(FILE *out, const struct flags *f, const char *url)
{
	AUTO_FREE char *site = xstrdup(url);
	AUTO_FREE char *label = xstrdup(f->server != NULL && f->base_url == NULL ? f->server : "");

	for (int i = 0; i < 2; i++) {
		char *slash = strrchr(site, '/');
		if (slash != NULL)
			*slash = '\0';
	}
	to_capitals(label);
	message_print(out, label);
	fputs(*label != '\0' ? " site: " : "Site: ", out);
	message_print(out, site);
	putc('\n', out);
}

/* With --json, standard output is for JSON only. */
static FILE *get_output(const struct flags *f)
{
	return f->options->is_json ? stderr : stdout;
}

/* Print the first `n` codes: `BD, BR, CD`, or `from BA to BZ` if they are more than FEW_CODES. */
static void print_codes(FILE *out, const struct codes *codes, uint64_t n)
{
	char code[CODE_SIZE];
	unsigned place = 0;

	for (uint64_t i = 0; i < n && codes_next(codes, &place, code); i++) {
		if (n <= FEW_CODES)
			fprintf(out, "%s%s", i > 0 ? ", " : "", code);
		else if (i == 0)
			fprintf(out, "from %s", code);
		else if (i == n - 1)
			fprintf(out, " to %s", code);
	}
}

static void on_dry_run(const struct dry_run_view *dry_run, void *arg)
{
	const struct flags *f = arg;
	FILE *out = get_output(f);
	uint64_t n_codes = codes_count(&f->codes);
	uint64_t n_connections = f->job.concurrency > 0 ? f->job.concurrency : DEFAULT_CONCURRENCY;

	if (f->limit > 0 && f->limit < n_codes)
		n_codes = f->limit;
	if (dry_run->first != NULL)
		print_site(out, f, dry_run->first);
	fprintf(out, "Searching for %llu flag%s", (unsigned long long)dry_run->total,
	    dry_run->total == 1 ? "" : "s");
	if (n_codes == dry_run->total) { /* else the daemon knows other codes */
		fputs(": ", out);
		print_codes(out, &f->codes, n_codes);
	}
	if (n_connections > dry_run->total)
		n_connections = dry_run->total;
	fprintf(out, "\n%llu %s will be used.\n", (unsigned long long)n_connections,
	    n_connections == 1 ? "connection" : "concurrent connections");
	fflush(out);
}

/* --- After --- */

static void on_end(const struct job_view *job, usec_t elapsed, void *arg)
{
	const struct flags *f = arg;
	FILE *out = get_output(f);
	unsigned long long n_ok = job->counts[VIEW_GOOD], n_errors = job->counts[VIEW_ERROR];
	double seconds = (double)elapsed / (double)USEC_PER_SEC;

	fputs("--------------------\n", out);
	if (job->state != JOB_DONE)
		fprintf(out, "%s: %llu of %llu.\n", job_state_name(job->state),
		    (unsigned long long)job->completed, (unsigned long long)job->total);
	fprintf(out, "%llu flag%s downloaded.\n", n_ok, n_ok == 1 ? "" : "s");
	if (job->counts[VIEW_NOT_FOUND] > 0)
		fprintf(out, "%llu not found.\n", (unsigned long long)job->counts[VIEW_NOT_FOUND]);
	if (n_errors > 0)
		fprintf(out, "%llu error%s.\n", n_errors, n_errors == 1 ? "" : "s");
	fprintf(out, "Elapsed time: %.2fs\n", seconds);
	if (!f->is_verbose)
		fprintf(out, "%llu download%s in %.2fs\n", n_ok, n_ok == 1 ? "" : "s", seconds);
}

/* --- The command --- */

static void add_fields(const void *arg, struct fields *fields)
{
	const struct flags *f = arg;

	if (f->preset != NULL)
		fields_add_text(fields, "preset", f->preset);
	else
		fields_add_list(fields, "codes", &f->given);
	fields_add_text(fields, "server", f->server);
	fields_add_text(fields, "base_url", f->base_url);
	fields_add_number(fields, "limit", f->limit);
	fields_add_flag(fields, "name_by_country", f->is_by_country);
}

static int submit(struct flags *f)
{
	const struct options *options = f->options;
	bool has_report = !f->job.is_dry_run && !options->is_no_wait && !options->is_quiet;
	const struct submission submission = {.kind = "flags",
	    .job = &f->job,
	    .add_fields = add_fields,
	    .on_dry_run = has_report ? on_dry_run : NULL,
	    .arg = f};
	struct follow_opts follow = {.options = options,
	    .has_hidden_rows = !f->is_verbose,
	    .has_no_bar = f->is_verbose,
	    .on_end = on_end,
	    .arg = f};

	return submit_run(&submission, &follow);
}

int cmd_flags(int argc, char **argv, struct options *options)
{
	const struct syntax syntax = {
	    .groups = {{own_options, NULL, 0}, {job_args_options(), JOB_ARGS_TITLE, AT(job)}},
	    .usage = "[CC...]",
	    .doc =
		"Download flags of countries. CC is a code of two letters, or one letter for all "
		"codes that begin with it. Without codes, the flags of the 20 most populous "
		"countries are downloaded.",
	    .max_args = INT_MAX};
	struct flags f = {.options = options};
	struct args args;
	int status = CTL_USAGE;

	buf_init(&f.given.bytes, SIZE_MAX / 2);
	job_args_init(&f.job, true);
	args_parse(argc, argv, &syntax, options, &f, &args);
	if (!take_args(&f, &args))
		(void)message_usage(argv[0], "each CC argument must be A to Z or AA to ZZ");
	else if (submit_take_lines(options, &f.job, NULL))
		status = submit(&f);
	buf_done(&f.given.bytes);
	return status;
}
