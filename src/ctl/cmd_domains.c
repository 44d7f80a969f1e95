/* asyncprobectl domains: queue names, then follow them. What the daemon would refuse for its form
 * is refused here, before anything is sent. Thread: main. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "ctl/answer.h"
#include "ctl/commands.h"
#include "ctl/follow.h"
#include "ctl/submit.h"
#include "model/target.h"
#include "wire/submission.h"

enum {
	OPT_PRESET = 0x100,
	OPT_MAX_LENGTH,
	OPT_LABEL,
	OPT_CONCURRENCY,
	OPT_RATE,
	OPT_TIMEOUT,
	OPT_ATTEMPTS,
	OPT_CHECK,
	OPT_DRY_RUN,
	OPT_KEY
};

static const struct argp_option own_options[] = {
    {"tld", 't', "TLD", 0, "Look names up under TLD, as a word .TLD does; may be given again", 0},
    {"input", 'i', "FILE", 0, "Read names from FILE, one a line", 0},
    {"preset", OPT_PRESET, "NAME", 0, "Add a named list of names, such as python-keywords", 0},
    {"max-length", OPT_MAX_LENGTH, "N", 0, "Leave out names longer than N", 0},
    {"label", OPT_LABEL, "TEXT", 0, "Call the job TEXT", 0},
    {"check", OPT_CHECK, "CHECK", 0, "What to check: resolve", 0},
    {"concurrency", OPT_CONCURRENCY, "N", 0, "Check at most N names at the same time", 0},
    {"rate", OPT_RATE, "N", 0, "Check at most N names a second", 0},
    {"timeout", OPT_TIMEOUT, "TIME", 0, "Wait for an answer as long as TIME (500ms, 3s)", 0},
    {"attempts", OPT_ATTEMPTS, "N", 0, "Ask at most N times", 0},
    {"dry-run", OPT_DRY_RUN, NULL, 0, "Show what would be queued, as JSON", 0},
    {"idempotency-key", OPT_KEY, "KEY", 0, "Queue once, however often the same is sent", 0},
    {0},
};

struct domains {
	struct spec spec;
	const char *idempotency_key, *input; /* borrowed from argv */
};

static usec_t read_timeout(const struct argp_state *state, const char *value)
{
	usec_t timeout = 0;

	if (str_to_duration(value, &timeout) != OK || timeout > SPEC_MAX_TIMEOUT_MS * USEC_PER_MSEC)
		argp_error(state,
		    "--timeout takes a time such as 500ms or 3s, at most %dms, not '%s'",
		    SPEC_MAX_TIMEOUT_MS, value);
	return timeout;
}

static void add_tld(struct spec *spec, const struct argp_state *state, const char *tld)
{
	if (!spec_add_tld(spec, tld))
		argp_error(state, "'%s' is no TLD", tld);
}

static void replace(char **text, const char *value)
{
	free(*text);
	*text = xstrdup(value);
}

static error_t on_number(int key, const char *value, const struct argp_state *state)
{
	struct spec *spec = &((struct domains *)state->input)->spec;
	struct job_params *params = &spec->params;

	switch (key) {
	case OPT_MAX_LENGTH:
		spec->max_length = (uint32_t)args_number(state, "max-length", value, TARGET_MAX);
		return 0;
	case OPT_CONCURRENCY:
		params->concurrency =
		    (uint32_t)args_number(state, "concurrency", value, SPEC_MAX_CONCURRENCY);
		return 0;
	case OPT_RATE:
		params->rate = (uint32_t)args_number(state, "rate", value, SPEC_MAX_RATE);
		return 0;
	case OPT_TIMEOUT:
		params->timeout = read_timeout(state, value);
		return 0;
	case OPT_ATTEMPTS:
		params->attempts =
		    (uint32_t)args_number(state, "attempts", value, SPEC_MAX_ATTEMPTS);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
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
		replace(&d->spec.preset, value);
		return 0;
	case OPT_LABEL:
		replace(&d->spec.label, value);
		return 0;
	case OPT_CHECK:
		if (!job_check_parse(value, &d->spec.check))
			argp_error(state, "there is no check '%s'", value);
		return 0;
	case OPT_DRY_RUN:
		d->spec.is_dry_run = true;
		return 0;
	case OPT_KEY:
		d->idempotency_key = value;
		return 0;
	default:
		return on_number(key, value, state);
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
			fprintf(stderr, "asyncprobectl: '%s' is no TLD\n", word);
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

	for (size_t i = 0; i < problem.n_errors; i++)
		fprintf(stderr, "asyncprobectl: %s\n", problem.errors[i].detail);
	if (!is_good)
		fputs("Try `asyncprobectl domains --help' for more information.\n", stderr);
	problem_done(&problem);
	return is_good;
}

static int report(
    struct http *http, const struct options *options, const struct job *job, usec_t since)
{
	struct follow_opts opts = {.http = http, .options = options, .since = since};
	char id[ID_TEXT_SIZE];

	if (!options->is_no_wait)
		return follow_job(&opts, job);
	id_format(&job->id, id);
	puts(id);
	return CTL_OK;
}

static int submit(struct domains *d, const struct options *options, struct http *http, FILE *lines)
{
	struct submit_opts opts = {
	    .idempotency_key = d->idempotency_key, .lines = lines, .lines_name = d->input};
	struct job job;
	usec_t since;
	struct http_call *call = submit_spec(http, &d->spec, &opts, &since);
	const struct http_answer *answer = http_call_answer(call);
	int status = answer_check(answer, NULL);

	if (status == CTL_OK && (d->spec.is_dry_run || (options->is_no_wait && options->is_json))) {
		status = answer_print_raw(answer);
	} else if (status == CTL_OK) {
		status = answer_read_job(answer, &job);
		if (status == CTL_OK) {
			status = report(http, options, &job, since);
			job_done(&job);
		}
	}
	http_call_free(call);
	return status;
}

static FILE *open_lines(const char *input)
{
	if (strcmp(input, "-") == 0)
		return stdin;
	FILE *lines = fopen(input, "re");
	if (lines == NULL)
		fprintf(stderr, "asyncprobectl: %s: %s\n", input, strerror(errno));
	return lines;
}

static int start(struct domains *d, const struct options *options)
{
	FILE *lines = NULL;

	if (d->input != NULL && (lines = open_lines(d->input)) == NULL)
		return CTL_USAGE;
	struct http *http = answer_open(options);
	int status = http != NULL ? submit(d, options, http, lines) : CTL_USAGE;
	http_free(http);
	if (lines != NULL)
		fclose(lines);
	return status;
}

int cmd_domains(int argc, char **argv, struct options *options)
{
	static const struct syntax syntax = {.options = own_options,
	    .on_option = on_option,
	    .words = "[NAME|DOMAIN|.TLD|-]...",
	    .doc = "Check whether domains resolve. A word with a dot inside is a domain, .TLD is a "
		   "TLD, - stands for names on standard input, and any other word is a name "
		   "to be looked up under each TLD.",
	    .most_words = INT_MAX};
	struct domains d = {.input = NULL};
	struct words words;

	spec_init(&d.spec);
	args_parse(argc, argv, &syntax, options, &d, &words);
	int status = take_words(&d, &words) && check(&d) ? start(&d, options) : CTL_USAGE;
	spec_done(&d.spec);
	return status;
}
