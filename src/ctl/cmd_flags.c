/* asyncprobectl flags: queue flags of countries and report as the programs it grew out of did: the
 * site, the codes and the connections before, counts and time after. Thread: main. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "ctl/answer.h"
#include "ctl/commands.h"
#include "ctl/job_args.h"
#include "ctl/job_words.h"
#include "ctl/submit.h"
#include "model/codes.h"

enum { OPT_BASE_URL = 0x100, OPT_BY_COUNTRY };
enum { DEFAULT_CONCURRENCY = 5, FEW_CODES = 10 };

static const struct argp_option own_options[] = {
    {"all", 'a', NULL, 0, "All codes that are known to have a flag (194)", 0},
    {"every", 'e', NULL, 0, "Every code, AA to ZZ", 0},
    {"limit", 'l', "N", 0, "Only the first N codes in alphabetical order", 0},
    {"max-req", 'm', "N", 0, "At most N requests at the same time, 1 to 1000 (default: 5)", 0},
    {"max_req", 0, NULL, OPTION_ALIAS | OPTION_HIDDEN, NULL, 0},
    {"server", 's', "LABEL", 0, "Site to ask, by its label in the daemon's settings", 0},
    {"base-url", OPT_BASE_URL, "URL", 0, "Site to ask; wins over --server", 0},
    {"name-by-country", OPT_BY_COUNTRY, NULL, 0, "Name files by country, not by code", 0},
    {"output", 'o', "DIR", 0, "Copy the files into DIR", 0},
    {"verbose", 'v', NULL, 0, "Print each code with what came of it, and no progress bar", 0},
    {0},
};

struct flags {
	struct job_args job;
	const struct options *options;
	struct codes codes;
	struct text_list words;                          /* as given, in capitals */
	const char *preset, *server, *base_url, *folder; /* borrowed; NULL: not given */
	uint64_t limit;                                  /* 0: none */
	bool is_all, is_every, is_by_country, is_verbose;
};

static uint64_t read_least_1(const struct argp_state *state, const char *option, const char *value)
{
	uint64_t number = args_number(state, option, value, INT_MAX);

	if (number < 1)
		argp_error(state, "--%s must be at least 1", option);
	return number;
}

static error_t on_number(int key, const char *value, const struct argp_state *state)
{
	struct flags *f = state->input;

	switch (key) {
	case 'l':
		f->limit = read_least_1(state, "limit", value);
		if (f->limit > CODES_ALL)
			f->limit = CODES_ALL;
		return 0;
	case 'm':
		f->job.concurrency = read_least_1(state, "max-req", value);
		if (f->job.concurrency > SPEC_MAX_TRANSFERS)
			f->job.concurrency = SPEC_MAX_TRANSFERS;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t on_option(int key, char *value, struct argp_state *state)
{
	struct flags *f = state->input;

	switch (key) {
	case 'a':
		f->is_all = true;
		return 0;
	case 'e':
		f->is_every = true;
		return 0;
	case 's':
		f->server = value;
		return 0;
	case OPT_BASE_URL:
		f->base_url = value;
		return 0;
	case OPT_BY_COUNTRY:
		f->is_by_country = true;
		return 0;
	case 'o':
		f->folder = value;
		return 0;
	case 'v':
		f->is_verbose = true;
		return 0;
	default:
		return on_number(key, value, state);
	}
}

/* --- Before --- */

static void to_capitals(char *text)
{
	for (; *text != '\0'; text++) {
		if (*text >= 'a' && *text <= 'z')
			*text = (char)(*text - 'a' + 'A');
	}
}

/* Check the words and find what is asked for; --every wins over --all, and both over words. */
static bool take_words(struct flags *f, const struct words *words)
{
	for (int i = 0; i < words->n; i++) {
		AUTO_FREE char *word = xstrdup(words->list[i]);
		to_capitals(word);
		if (!codes_add(&f->codes, word, strlen(word))) {
			fputs("asyncprobectl flags: each CC argument must be A to Z or AA to ZZ\n"
			      "Try `asyncprobectl flags --help' for more information.\n",
			    stderr);
			return false;
		}
		text_list_add(&f->words, word);
	}
	if (words->n > 0 && !f->is_all && !f->is_every)
		return true;
	f->preset = f->is_every ? "every" : f->is_all ? "all" : "pop20";
	f->codes = (struct codes){.bits = {0}};
	(void)codes_add_preset(&f->codes, f->preset);
	return true;
}

/* The first URL without its last two segments, `cc/cc.gif`. */
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
	answer_print(out, label);
	fputs(*label != '\0' ? " site: " : "Site: ", out);
	answer_print(out, site);
	putc('\n', out);
}

/* What is reported beside JSON must not get into it. */
static FILE *get_output(const struct flags *f)
{
	return f->options->is_json ? stderr : stdout;
}

/* The first `n` codes: `BD, BR, CD`, or `from BA to BZ` when they are many. */
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

static void print_plan(const struct flags *f, const struct plan_view *plan)
{
	FILE *out = get_output(f);
	uint64_t n_codes = codes_count(&f->codes);
	uint64_t n_connections = f->job.concurrency > 0 ? f->job.concurrency : DEFAULT_CONCURRENCY;

	if (f->limit > 0 && f->limit < n_codes)
		n_codes = f->limit;
	if (plan->first != NULL)
		print_site(out, f, plan->first);
	fprintf(out, "Searching for %llu flag%s", (unsigned long long)plan->total,
	    plan->total == 1 ? "" : "s");
	if (n_codes == plan->total) { /* else the daemon's list is another */
		fputs(": ", out);
		print_codes(out, &f->codes, n_codes);
	}
	if (n_connections > plan->total)
		n_connections = plan->total;
	fprintf(out, "\n%llu %s will be used.\n", (unsigned long long)n_connections,
	    n_connections == 1 ? "connection" : "concurrent connections");
	fflush(out);
}

/* A dry run tells which site and how many flags it will be. */
static int introduce(const struct submission *submission, struct http *http, void *arg)
{
	const struct flags *f = arg;
	struct plan_view plan = {.first = NULL};
	struct http_call *call = submit_dry(http, submission);
	const struct http_answer *answer = http_call_answer(call);
	int status = answer_check(answer, NULL);

	if (status == CTL_OK &&
	    (answer->body.len == 0 || !view_parse_plan(answer->body.data, answer->body.len, &plan)))
		status = answer_strange();
	if (status == CTL_OK)
		print_plan(f, &plan);
	free(plan.first);
	http_call_free(call);
	return status;
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

/* --- All of it --- */

static void add_fields(const struct flags *f, struct fields *fields)
{
	if (f->preset != NULL)
		fields_add_text(fields, "preset", f->preset);
	else
		fields_add_list(fields, "codes", &f->words);
	fields_add_text(fields, "server", f->server);
	fields_add_text(fields, "base_url", f->base_url);
	fields_add_number(fields, "limit", f->limit);
	fields_add_flag(fields, "name_by_country", f->is_by_country);
	job_args_add(&f->job, fields);
}

static int start(struct flags *f)
{
	const struct options *options = f->options;
	bool has_report = !f->job.is_dry_run && !options->is_no_wait && !options->is_quiet;
	struct submission submission = {.idempotency_key = f->job.idempotency_key,
	    .folder = f->folder,
	    .is_dry_run = f->job.is_dry_run,
	    .before = has_report ? introduce : NULL,
	    .arg = f};
	struct follow_opts follow = {.http = answer_open(options),
	    .options = options,
	    .has_hidden_rows = !f->is_verbose,
	    .has_no_bar = f->is_verbose,
	    .on_end = on_end,
	    .arg = f};

	if (follow.http == NULL)
		return CTL_USAGE;
	fields_init(&submission.fields, false, "flags");
	add_fields(f, &submission.fields);
	int status = submit_run(&submission, &follow);
	fields_done(&submission.fields);
	http_free(follow.http);
	return status;
}

/* Read the command line; CTL_USAGE after saying on stderr what is wrong. */
static int parse(int argc, char **argv, struct options *options, struct flags *f)
{
	const struct syntax syntax = {.options = own_options,
	    .on_option = on_option,
	    .words = "[CC...]",
	    .doc = "Download flags of countries. CC is a code of two letters, or one letter for "
		   "all codes that begin with it; without codes it is the 20 countries with the "
		   "most people.",
	    .most_words = INT_MAX,
	    .shared = job_args_argp(),
	    .shared_input = &f->job,
	    .shared_title = JOB_ARGS_TITLE};
	struct words words;

	*f = (struct flags){.options = options,
	    .job = {.max_concurrency = SPEC_MAX_TRANSFERS,
		.max_timeout = SPEC_MAX_TRANSFER_TIMEOUT_MS * USEC_PER_MSEC}};
	buf_init(&f->words.bytes, SIZE_MAX / 2);
	args_parse(argc, argv, &syntax, options, f, &words);
	return take_words(f, &words) ? CTL_OK : CTL_USAGE;
}

int cmd_flags(int argc, char **argv, struct options *options)
{
	struct flags f;
	int status = parse(argc, argv, options, &f);

	if (status == CTL_OK)
		status = start(&f);
	buf_done(&f.words.bytes);
	return status;
}

char *flags_read_words(int argc, char **argv, struct options *options)
{
	struct flags f;
	struct fields fields = {.text = {.data = NULL}};

	if (parse(argc, argv, options, &f) == CTL_OK && job_words_check(&f.job, f.folder)) {
		fields_init(&fields, false, "flags");
		add_fields(&f, &fields);
	}
	buf_done(&f.words.bytes);
	return fields.text.data;
}
