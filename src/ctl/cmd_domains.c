/* asyncprobectl domains: queue names, then follow them. What the daemon would refuse for its form
 * is refused here, before anything is sent. Thread: main. */
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
#include "model/spec.h"
#include "model/target.h"
#include "wire/submission.h"

enum { OPT_PRESET = 0x100, OPT_MAX_LENGTH, OPT_CHECK };

static const struct argp_option own_options[] = {
    {"tld", 't', "TLD", 0, "Look names up under TLD, as a word .TLD does; may be given again", 0},
    {"input", 'i', "FILE", 0, "Read names from FILE, one a line", 0},
    {"preset", OPT_PRESET, "NAME", 0, "Add a named list of names, such as python-keywords", 0},
    {"max-length", OPT_MAX_LENGTH, "N", 0, "Leave out names longer than N", 0},
    {"check", OPT_CHECK, "CHECK", 0, "What to check: resolve", 0},
    {0},
};

struct domains {
	struct spec spec; /* sources of names only; the rest is in `job` */
	struct job_args job;
	const char *input; /* borrowed from argv */
};

static void add_tld(struct spec *spec, const struct argp_state *state, const char *tld)
{
	if (!spec_add_tld(spec, tld))
		argp_error(state, "'%s' is no TLD", tld);
}

static error_t on_option(int key, char *value, struct argp_state *state)
{
	struct domains *d = state->input;

	switch (key) {
	case 't':
		add_tld(&d->spec, state, value);
		return 0;
	case 'i':
		if (d->input != NULL)
			argp_error(state, "there may be one -i only");
		d->input = value;
		return 0;
	case OPT_PRESET:
		free(d->spec.preset);
		d->spec.preset = xstrdup(value);
		return 0;
	case OPT_MAX_LENGTH:
		d->spec.max_length = (uint32_t)args_number(state, "max-length", value, TARGET_MAX);
		return 0;
	case OPT_CHECK:
		if (!job_check_parse(value, &d->spec.check))
			argp_error(state, "there is no check '%s'", value);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Sort the words into names, domains, TLDs and `-`. Says on stderr what is wrong. */
static bool take_words(struct domains *d, const struct words *words)
{
	for (int i = 0; i < words->n; i++) {
		const char *word = words->list[i];
		bool is_stdin = strcmp(word, "-") == 0;
		if (is_stdin && d->input != NULL) {
			fputs("asyncprobectl: names are read from one place only\n", stderr);
			return false;
		}
		if (is_stdin) {
			d->input = word;
		} else if (word[0] != '.') {
			text_list_add(
			    strchr(word, '.') != NULL ? &d->spec.domains : &d->spec.names, word);
		} else if (!spec_add_tld(&d->spec, word)) {
			fputs("asyncprobectl: '", stderr);
			answer_print(stderr, word);
			fputs("' is no TLD\n", stderr);
			return false;
		}
	}
	return true;
}

/* What the daemon would say of the fields together, without asking it. */
static bool check(const struct domains *d)
{
	struct problem problem = {0};
	bool is_good = submission_check(&d->spec, d->input != NULL, &problem);

	for (size_t i = 0; i < problem.n_errors; i++) {
		fputs("asyncprobectl: ", stderr);
		answer_print(stderr, problem.errors[i].detail);
		fputc('\n', stderr);
	}
	if (!is_good)
		fputs("Try `asyncprobectl domains --help' for more information.\n", stderr);
	problem_done(&problem);
	return is_good;
}

static void add_fields(const struct domains *d, struct fields *fields)
{
	fields_add_text(fields, "check", job_check_name(d->spec.check));
	fields_add_list(fields, "domains", &d->spec.domains);
	fields_add_list(fields, "names", &d->spec.names);
	fields_add_list(fields, "tlds", &d->spec.tlds);
	fields_add_text(fields, "preset", d->spec.preset);
	fields_add_number(fields, "max_length", d->spec.max_length);
	job_args_add(&d->job, fields);
}

static int start(const struct domains *d, const struct options *options)
{
	struct submission submission = {.idempotency_key = d->job.idempotency_key,
	    .input = d->input,
	    .is_dry_run = d->job.is_dry_run};
	struct follow_opts follow = {.http = answer_open(options), .options = options};

	if (follow.http == NULL)
		return CTL_USAGE;
	fields_init(&submission.fields, d->input != NULL, "domains");
	add_fields(d, &submission.fields);
	int status = submit_run(&submission, &follow);
	fields_done(&submission.fields);
	http_free(follow.http);
	return status;
}

/* Read the command line; CTL_USAGE after saying on stderr what is wrong. */
static int parse(int argc, char **argv, struct options *options, struct domains *d)
{
	const struct syntax syntax = {.options = own_options,
	    .on_option = on_option,
	    .words = "[NAME|DOMAIN|.TLD|-]...",
	    .doc = "Check whether domains resolve. A word with a dot inside is a domain, .TLD is a "
		   "TLD, - stands for names on standard input, and any other word is a name "
		   "to be looked up under each TLD.",
	    .most_words = INT_MAX,
	    .shared = job_args_argp(),
	    .shared_input = &d->job,
	    .shared_title = JOB_ARGS_TITLE};
	struct words words;

	*d = (struct domains){.job = {.max_concurrency = SPEC_MAX_CONCURRENCY,
				  .max_timeout = SPEC_MAX_TIMEOUT_MS * USEC_PER_MSEC}};
	spec_init(&d->spec);
	args_parse(argc, argv, &syntax, options, d, &words);
	return take_words(d, &words) ? CTL_OK : CTL_USAGE;
}

int cmd_domains(int argc, char **argv, struct options *options)
{
	struct domains d;
	int status = parse(argc, argv, options, &d);

	if (status == CTL_OK)
		status = check(&d) ? start(&d, options) : CTL_USAGE;
	spec_done(&d.spec);
	return status;
}

/* Where there are TLDs the lines are names, as in the body of a request. */
static bool take_lines(struct domains *d)
{
	const char *input = TAKE(d->input);

	return input == NULL ||
	       job_words_add_lines(d->spec.tlds.n > 0 ? &d->spec.names : &d->spec.domains, input);
}

char *domains_read_words(int argc, char **argv, struct options *options)
{
	struct domains d;
	struct fields fields = {.text = {.data = NULL}};

	if (parse(argc, argv, options, &d) == CTL_OK && job_words_check(&d.job, NULL) &&
	    take_lines(&d) && check(&d)) {
		fields_init(&fields, false, "domains");
		add_fields(&d, &fields);
	}
	spec_done(&d.spec);
	return fields.text.data;
}
