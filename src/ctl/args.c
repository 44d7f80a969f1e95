/* The command line. Each group of options is an argp of its own, a child of the command's. The
 * common options are one of them, so they may stand before or behind the command. Thread: main. */
#include "ctl/args.h"

#include <argp.h>
#include <errno.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/id.h"

enum { FIRST_KEY = 0x1000, MAX_TAKES = 256 }; /* keys of options without a letter */

static const struct option_row common_options[] = {
    {"url", 'u', "URL",
	"Connect to the daemon at URL: http[s]://HOST:PORT or unix:/PATH (default: "
	"$ASYNCPROBED_URL, else http://127.0.0.1:8653)",
	.offset = offsetof(struct options, url)},
    {"token-file", 0, "FILE",
	"Read the access token from FILE (default: $ASYNCPROBED_TOKEN, else none)",
	.offset = offsetof(struct options, token_file)},
    {"ca-file", 0, "FILE", "Trust the authorities in FILE instead of the system's (https)",
	.offset = offsetof(struct options, ca_file)},
    {"cert", 0, "FILE", "Present the client certificate in FILE, which holds the key too (https)",
	.offset = offsetof(struct options, cert)},
    {"json", 0, NULL, "Print JSON as the daemon sends it", OPT_FLAG,
	.offset = offsetof(struct options, is_json)},
    {"no-wait", 0, NULL, "Print the job's ID, do not wait for results", OPT_FLAG,
	.offset = offsetof(struct options, is_no_wait)},
    {"quiet", 'q', NULL, "Print no progress bar and no summary", OPT_FLAG,
	.offset = offsetof(struct options, is_quiet)},
    {0},
};

/* --- Groups --- */

struct group {
	const struct option_row *options;
	void *input;
	struct argp_option *rows; /* owned; argp's form of the options */
	struct argp argp;
};

static int get_key(const struct option_row *options, size_t i)
{
	return options[i].letter != 0 ? options[i].letter : FIRST_KEY + (int)i;
}

static error_t on_option(int key, char *value, struct argp_state *state)
{
	const struct group *group = state->input;
	const struct option_row *options = group->options;
	struct buf takes;
	size_t i = 0;

	while (options[i].name != NULL && get_key(options, i) != key)
		i++;
	if (options[i].name == NULL)
		return ARGP_ERR_UNKNOWN;
	if (option_set(&options[i], value, group->input))
		return 0;
	buf_init(&takes, MAX_TAKES);
	option_describe(&options[i], &takes);
	argp_error(state, "--%s takes %s, not '%s'", options[i].name, takes.data, value);
	buf_done(&takes);
	return EINVAL;
}

static void group_init(struct group *group, const struct option_row *options, void *input)
{
	size_t n = 0;

	while (options[n].name != NULL)
		n++;
	*group = (struct group){
	    .options = options, .input = input, .rows = xcalloc(n + 1, sizeof(*group->rows))};
	for (size_t i = 0; i < n; i++) {
		bool is_alias = options[i].kind == OPT_ALIAS;
		group->rows[i] = (struct argp_option){options[i].name,
		    is_alias ? 0 : get_key(options, i), options[i].value,
		    is_alias ? OPTION_ALIAS | OPTION_HIDDEN : 0, options[i].doc, 0};
	}
	group->argp = (struct argp){.options = group->rows, .parser = on_option};
}

/* --- A command --- */

struct parsing {
	const struct syntax *syntax;
	struct group groups[ARGS_MAX_GROUPS + 1]; /* the common options first */
	int n_groups;
	struct args args;
};

static void check_args(const struct parsing *p, const struct argp_state *state)
{
	const struct syntax *syntax = p->syntax;
	struct id id;

	if (p->args.n < syntax->min_args && syntax->ids_of != NULL)
		argp_error(state, "missing %s ID", syntax->ids_of);
	if (p->args.n < syntax->min_args)
		argp_error(state, "missing argument");
	if (p->args.n > syntax->max_args)
		argp_error(state, "unexpected argument '%s'", p->args.list[syntax->max_args]);
	for (int i = 0; syntax->ids_of != NULL && i < p->args.n; i++) {
		if (!id_parse(p->args.list[i], &id))
			argp_error(state, "invalid %s ID '%s'", syntax->ids_of, p->args.list[i]);
	}
}

/* Take an argument before the command, or the command itself. Options may stand between the
 * arguments, which are moved up to the first one, over options that have been read. */
static error_t take_ordered(struct parsing *p, char *arg, struct argp_state *state)
{
	int at = state->next - 1;

	if (p->args.n == p->syntax->max_args) {
		p->args.command = state->argv + at;
		p->args.n_command = state->argc - at;
		state->next = state->argc;
		return 0;
	}
	if (p->args.n == 0)
		p->args.list = state->argv + at;
	p->args.list[p->args.n++] = arg;
	return 0;
}

static error_t on_command(int key, char *value, struct argp_state *state)
{
	struct parsing *p = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		for (int i = 0; i < p->n_groups; i++)
			state->child_inputs[i] = &p->groups[i];
		return 0;
	case ARGP_KEY_ARG:
		return p->syntax->has_command ? take_ordered(p, value, state) : ARGP_ERR_UNKNOWN;
	case ARGP_KEY_ARGS:
		p->args.list = state->argv + state->next;
		p->args.n = state->argc - state->next;
		return 0;
	case ARGP_KEY_END:
		check_args(p, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void args_parse(int argc, char **argv, const struct syntax *syntax, struct options *options,
    void *input, struct args *ret_args)
{
	struct parsing p = {.syntax = syntax, .n_groups = 1};
	struct argp_child children[ARGS_MAX_GROUPS + 2] = {
	    {&p.groups[0].argp, 0, "Common options:", ARGS_MAX_GROUPS + 1}};
	const struct argp argp = {.parser = on_command,
	    .args_doc = syntax->usage,
	    .doc = syntax->doc,
	    .children = children};

	group_init(&p.groups[0], common_options, options);
	for (const struct option_group *g = syntax->groups; g->options != NULL; g++) {
		struct group *group = &p.groups[p.n_groups];
		group_init(group, g->options, (char *)input + g->offset);
		children[p.n_groups] =
		    (struct argp_child){&group->argp, 0, g->title, g->title != NULL ? 2 : 1};
		p.n_groups++;
	}
	argp_parse(&argp, argc, argv, syntax->has_command ? ARGP_IN_ORDER : 0, NULL, &p);
	for (int i = 0; i < p.n_groups; i++)
		free(p.groups[i].rows);
	*ret_args = p.args;
}
