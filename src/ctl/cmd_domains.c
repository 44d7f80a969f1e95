/* asyncprobectl domains: queue names, and follow the job. Arguments that the daemon would refuse as
 * malformed are refused here, before anything is sent. Thread: main. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "ctl/commands.h"
#include "ctl/message.h"
#include "ctl/submit.h"
#include "model/reverse.h"
#include "model/rrtype.h"
#include "model/target.h"
#include "wire/submission.h"

struct domains {
	struct spec spec; /* sources of names only; the rest is in `job` */
	struct job_args job;
	const char *preset;  /* borrowed from argv; NULL: not given */
	uint64_t max_length; /* 0: not given */
	uint64_t rdap_max;   /* likewise */
	const char *status;  /* borrowed from argv; NULL: not given */
	bool is_sorted, has_grid;
	bool is_bare;     /* words without a dot are domains */
	uint64_t n_lines; /* read of the input */
};

static bool read_tld(const char *value, void *variable)
{
	struct spec *spec = variable;

	if (value[0] != '@')
		return spec_add_tld(spec, value);
	if (value[1] == '\0')
		return false;
	text_list_add(&spec->tld_presets, value);
	return true;
}

/* Read a list of prefixes or suffixes. */
static bool read_affixes(struct text_list *list, const char *value)
{
	AUTO_FREE char *copy = xstrdup(value);
	char *rest = copy;

	for (char *affix; (affix = strsep(&rest, ",")) != NULL;) {
		if (!spec_add_affix(list, affix))
			return false;
	}
	return true;
}

static bool read_prefixes(const char *value, void *variable)
{
	return read_affixes(&((struct spec *)variable)->prefixes, value);
}

static bool read_suffixes(const char *value, void *variable)
{
	return read_affixes(&((struct spec *)variable)->suffixes, value);
}

static bool read_check(const char *value, void *variable)
{
	return job_check_parse(value, &((struct spec *)variable)->check);
}

static bool read_types(const char *value, void *variable)
{
	struct spec *spec = variable;
	AUTO_FREE char *list = xstrdup(value);
	char *rest = list;

	for (char *type; (type = strsep(&rest, ",")) != NULL;) {
		if (check_spec_add_type(&spec->params.asked, type) != NULL)
			return false;
	}
	return true;
}

static bool read_ptr(const char *value, void *variable)
{
	struct reverse_block block;
	bool is_good = reverse_parse(value, &block);

	if (is_good)
		text_list_add(&((struct spec *)variable)->ptr, value);
	return is_good;
}

static bool read_max_age(const char *value, void *variable)
{
	struct rdap_params *rdap = &((struct spec *)variable)->params.asked.rdap;
	uint64_t seconds;

	if (str_to_u64(value, CHECK_MAX_AGE, &seconds) != OK)
		return false;
	rdap->has_max_age = true;
	rdap->max_age = (uint32_t)seconds;
	return true;
}

static bool read_family(const char *value, void *variable)
{
	return family_parse(value, &((struct spec *)variable)->params.asked.family);
}

static bool read_servers(const char *value, void *variable)
{
	AUTO_FREE char *list = xstrdup(value);
	char *rest = list;

	for (char *server; (server = strsep(&rest, ",")) != NULL;) {
		if (server_set_add(&((struct spec *)variable)->params.servers, server) != NULL)
			return false;
	}
	return true;
}

static bool read_wildcard(const char *value, void *variable)
{
	return wildcard_use_parse(value, &((struct spec *)variable)->params.asked.wildcards);
}

#define AT(field) offsetof(struct domains, field)

static const struct option_row own_options[] = {
    {"tld", 't', "TLD",
	"Look names up under TLD, like the argument .TLD, or under each of a preset, like "
	"@popular; "
	"may be repeated",
	OPT_READ, .offset = AT(spec), .read = read_tld, .takes = "a TLD or @PRESET"},
    {"prefix", 0, "TEXTS", "Look names up with these before them, too, such as get,my", OPT_READ,
	.offset = AT(spec), .read = read_prefixes, .takes = "parts of names, such as get,my"},
    {"suffix", 0, "TEXTS", "Look names up with these behind them, too, such as app,hq", OPT_READ,
	.offset = AT(spec), .read = read_suffixes, .takes = "parts of names, such as app,hq"},
    {"input", 'i', "FILE", "Read names from FILE, one per line", .offset = AT(job.input),
	.read = option_check_first, .takes = "one file only"},
    {"bare", 0, NULL, "Check names without a dot as they stand, not under a TLD", OPT_FLAG,
	.offset = AT(is_bare)},
    {"preset", 0, "NAME", "Add a named list of names, such as python-keywords",
	.offset = AT(preset)},
    {"max-length", 0, "N", "Leave out names longer than N bytes", OPT_NUMBER,
	.offset = AT(max_length), .max = TARGET_MAX},
    {"check", 0, "CHECK", "What to check: resolve (default), records, delegation or registration",
	OPT_READ, .offset = AT(spec), .read = read_check,
	.takes = "resolve, records, delegation or registration"},
    {"types", 0, "TYPES", "Ask for records of these types, such as A,MX,TYPE65280", OPT_READ,
	.offset = AT(spec), .read = read_types, .takes = "types of records, such as A,MX"},
    {"ptr", 0, "BLOCK", "Ask for the reverse names of an address or of a block; may be repeated",
	OPT_READ, .offset = AT(spec), .read = read_ptr, .takes = "an address or a block"},
    {"family", 0, "FAMILY", "Addresses to look for: any (default), ipv4, ipv6 or both", OPT_READ,
	.offset = AT(spec), .read = read_family, .takes = "any, ipv4, ipv6 or both"},
    {"servers", 0, "SERVERS",
	"Ask these name servers, separated by commas, if the daemon allows it", OPT_READ,
	.offset = AT(spec), .read = read_servers, .takes = "addresses of name servers, at most 16"},
    {"wildcard", 0, "WHAT",
	"Find names that only a wildcard answers: off (default), detect or drop", OPT_READ,
	.offset = AT(spec), .read = read_wildcard, .takes = "off, detect or drop"},
    {"max-age", 0, "SECONDS",
	"With registration: use answers of RDAP up to this age again (0: none)", OPT_READ,
	.offset = AT(spec), .read = read_max_age, .takes = "a number of seconds"},
    {"details", 0, NULL, "With registration: ask RDAP about registered names, too", OPT_FLAG,
	.offset = AT(spec.params.asked.rdap.wants_details)},
    {"rdap-max", 0, "N", "With registration: ask RDAP about at most N names", OPT_NUMBER,
	.offset = AT(rdap_max), .max = UINT32_MAX},
    {"status", 0, "STATUS", "Print only names with this status; exit with 0 if there is one",
	OPT_WORD, .offset = AT(status),
	.takes = "found, not_found, error, available, registered, reserved or unknown"},
    {"sort", 0, NULL, "Print names in order, at the end", OPT_FLAG, .offset = AT(is_sorted)},
    {"grid", 0, NULL, "Print a row a name and a column a TLD, at the end", OPT_FLAG,
	.offset = AT(has_grid)},
    {0},
};

/* Sort the arguments into names, domains, TLDs and `-`. False after printing a message. */
static bool take_args(struct domains *d, const struct args *args)
{
	for (int i = 0; i < args->n; i++) {
		const char *arg = args->list[i];
		if (strcmp(arg, "-") == 0) {
			if (d->job.input != NULL) {
				message_error("names are read from one place only");
				return false;
			}
			d->job.input = arg;
		} else if (arg[0] != '.' && arg[0] != '@') {
			text_list_add(d->is_bare || strchr(arg, '.') != NULL ? &d->spec.domains
									     : &d->spec.names,
			    arg);
		} else if (!read_tld(arg, &d->spec)) {
			message_error("invalid TLD '%s'", arg);
			return false;
		}
	}
	d->spec.preset = d->preset != NULL ? xstrdup(d->preset) : NULL;
	d->spec.max_length = (uint32_t)d->max_length;
	return true;
}

/* A word without a dot is hardly meant as a domain: a list of words needs a TLD. */
static bool check_line(const char *line, size_t len, void *arg)
{
	struct domains *d = arg;
	AUTO_FREE char *copy = xstrndup(line, len);
	char *word = copy + strspn(copy, " \t\r");

	d->n_lines++;
	word[strcspn(word, " \t\r\n")] = '\0';
	if (word[0] == '\0' || word[0] == '#' || strchr(word, '.') != NULL ||
	    strstr(word, "\xe3\x80\x82") != NULL) /* an ideographic full stop */
		return true;
	message_error("line %llu: '%s' has no dot; give a TLD to look names up under, or --bare",
	    (unsigned long long)d->n_lines, word);
	return false;
}

static bool has_tlds(const struct domains *d)
{
	return d->spec.tlds.n + d->spec.tld_presets.n > 0;
}

static bool is_wanting_dots(const struct domains *d)
{
	return !d->is_bare && !has_tlds(d);
}

/* The lines of a schedule's job were read into the list. */
static bool check_list(struct domains *d, const struct options *options)
{
	if (options->ret_job == NULL || !is_wanting_dots(d))
		return true;
	for (const char *word = NULL; (word = text_list_next(&d->spec.domains, word)) != NULL;) {
		if (!check_line(word, strlen(word), d))
			return false;
	}
	return true;
}

/* Check the fields together, as the daemon would. */
static bool check(const struct domains *d, const struct options *options)
{
	struct problem problem = {0};

	if (options->ret_job != NULL && (d->status != NULL || d->is_sorted || d->has_grid)) {
		message_error("--status, --sort and --grid cannot be used in a schedule");
		return false;
	}
	if (d->is_bare && has_tlds(d)) {
		message_error("--bare cannot be used with a TLD");
		return false;
	}
	if (d->has_grid && !has_tlds(d)) {
		message_error("--grid requires a TLD");
		return false;
	}
	if (d->status != NULL && d->spec.check == CHECK_RECORDS) {
		message_error("--status cannot be used with --check records");
		return false;
	}
	bool is_good = submission_check(&d->spec, d->job.input != NULL, &problem);
	for (size_t i = 0; i < problem.n_errors; i++)
		message_error("%s", problem.errors[i].detail);
	if (!is_good)
		fputs("Try `asyncprobectl domains --help' for more information.\n", stderr);
	problem_done(&problem);
	return is_good;
}

static void add_types(struct fields *fields, const struct check_spec *asked)
{
	struct text_list types = {.n = 0};
	char type[DNS_TYPE_TEXT_SIZE];

	buf_init(&types.bytes, sizeof(type) * CHECK_MAX_TYPES);
	for (int i = 0; i < asked->n_types; i++) {
		dns_type_format(asked->types[i], type);
		text_list_add(&types, type);
	}
	fields_add_list(fields, "types", &types);
	buf_done(&types.bytes);
}

static void add_tlds(struct fields *fields, const struct spec *spec)
{
	struct text_list all;

	text_list_init(&all);
	for (const char *tld = NULL; (tld = text_list_next(&spec->tlds, tld)) != NULL;)
		text_list_add(&all, tld);
	for (const char *preset = NULL;
	     (preset = text_list_next(&spec->tld_presets, preset)) != NULL;)
		text_list_add(&all, preset);
	fields_add_list(fields, "tlds", &all);
	buf_done(&all.bytes);
}

static void add_servers(struct fields *fields, const struct server_set *servers)
{
	struct text_list list = {.n = 0};
	char text[ENDPOINT_TEXT_SIZE];

	buf_init(&list.bytes, sizeof(text) * SERVER_SET_MAX);
	for (size_t i = 0; i < servers->n; i++) {
		endpoint_format(&servers->all[i], text);
		text_list_add(&list, text);
	}
	fields_add_list(fields, "servers", &list);
	buf_done(&list.bytes);
}

static void add_fields(const void *arg, struct fields *fields)
{
	char max_age[16];
	const struct domains *d = arg;

	fields_add_text(fields, "check", job_check_name(d->spec.check));
	add_types(fields, &d->spec.params.asked);
	if (d->spec.params.asked.rdap.has_max_age) {
		snprintf(max_age, sizeof(max_age), "%u", d->spec.params.asked.rdap.max_age);
		fields_add_json(fields, "max_age", max_age);
	}
	if (d->spec.params.asked.family != FAMILY_ANY)
		fields_add_text(fields, "family", family_name(d->spec.params.asked.family));
	add_servers(fields, &d->spec.params.servers);
	if (d->spec.params.asked.wildcards != WILDCARDS_OFF)
		fields_add_text(
		    fields, "wildcard", wildcard_use_name(d->spec.params.asked.wildcards));
	fields_add_list(fields, "ptr", &d->spec.ptr);
	fields_add_list(fields, "domains", &d->spec.domains);
	fields_add_list(fields, "names", &d->spec.names);
	add_tlds(fields, &d->spec);
	fields_add_list(fields, "prefixes", &d->spec.prefixes);
	fields_add_list(fields, "suffixes", &d->spec.suffixes);
	fields_add_text(fields, "preset", d->spec.preset);
	fields_add_number(fields, "max_length", d->spec.max_length);
}

int cmd_domains(int argc, char **argv, struct options *options)
{
	const struct syntax syntax = {
	    .groups = {{own_options, NULL, 0}, {job_args_options(), JOB_ARGS_TITLE, AT(job)}},
	    .usage = "[NAME|DOMAIN|.TLD|@PRESET|-]...",
	    .doc =
		"Check whether domains resolve. An argument with a dot inside is a domain, .TLD is "
		"a TLD, @PRESET a list of TLDs such as @popular, - stands for names on standard "
		"input, and any other argument is a name that is looked up under each TLD. Of "
		"lines, those with a dot inside are domains.",
	    .max_args = INT_MAX};
	struct domains d = {.preset = NULL};
	struct args args;
	int status = CTL_USAGE;

	spec_init(&d.spec);
	job_args_init(&d.job, false);
	args_parse(argc, argv, &syntax, options, &d, &args);
	/* if there are TLDs, lines are names, as in the body of a request */
	if (take_args(&d, &args) &&
	    submit_take_lines(options, &d.job, has_tlds(&d) ? &d.spec.names : &d.spec.domains) &&
	    check_list(&d, options) && check(&d, options))
		status = submit_run(&(struct submission){.kind = "domains",
					.job = &d.job,
					.add_fields = add_fields,
					.check_line = is_wanting_dots(&d) ? check_line : NULL,
					.arg = &d},
		    &(struct follow_opts){.options = options,
			.status = d.status,
			.is_sorted = d.is_sorted,
			.has_grid = d.has_grid});
	spec_done(&d.spec);
	return status;
}
