/* The command line. Each command's parser is an argp of its own with the common options as a
 * child, so these may stand before or behind the command. Thread: main. */
#include "ctl/args.h"

#include <errno.h>

#include "base/id.h"
#include "base/str.h"

enum { KEY_JSON = 0x1000, KEY_NO_WAIT, KEY_TOKEN_FILE, KEY_CA_FILE, KEY_CERT };

static error_t on_common(int key, char *value, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'u':
		options->url = value;
		return 0;
	case KEY_CA_FILE:
		options->ca_file = value;
		return 0;
	case KEY_CERT:
		options->cert = value;
		return 0;
	case KEY_TOKEN_FILE:
		options->token_file = value;
		return 0;
	case KEY_JSON:
		options->is_json = true;
		return 0;
	case KEY_NO_WAIT:
		options->is_no_wait = true;
		return 0;
	case 'q':
		options->is_quiet = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option common_options[] = {
    {"url", 'u', "URL", 0,
	"Daemon to ask, http[s]://HOST:PORT or unix:/PATH (default: $ASYNCPROBED_URL, else "
	"http://127.0.0.1:8653)",
	0},
    {"token-file", KEY_TOKEN_FILE, "FILE", 0,
	"Read the token to send from FILE (default: $ASYNCPROBED_TOKEN, else none)", 0},
    {"ca-file", KEY_CA_FILE, "FILE", 0,
	"Trust the authorities in FILE instead of the system's (https)", 0},
    {"cert", KEY_CERT, "FILE", 0, "Show the certificate in FILE, whose key is there too (https)",
	0},
    {"json", KEY_JSON, NULL, 0, "Print JSON as the daemon sends it", 0},
    {"no-wait", KEY_NO_WAIT, NULL, 0, "Print the job's id and don't wait for its results", 0},
    {"quiet", 'q', NULL, 0, "No progress bar and no summary", 0},
    {0},
};
static const struct argp common = {.options = common_options, .parser = on_common};

/* --- Before the command --- */

struct global {
	struct options *options;
	int command; /* index in argv */
};

static error_t on_global(int key, char *value, struct argp_state *state)
{
	struct global *g = state->input;

	(void)value;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = g->options;
		return 0;
	case ARGP_KEY_ARG:
		g->command = state->next - 1;
		state->next = state->argc; /* the rest is the command's */
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_usage(state);
		return EINVAL;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int args_parse_global(int argc, char **argv, const char *doc, struct options *options)
{
	const struct argp_child children[] = {{&common, 0, NULL, 0}, {0}};
	const struct argp argp = {.parser = on_global,
	    .args_doc = "COMMAND [OPTION...] [WORD...]",
	    .doc = doc,
	    .children = children};
	struct global g = {.options = options};

	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &g);
	return g.command;
}

/* --- A command --- */

struct parsing {
	const struct syntax *syntax;
	struct options *options;
	void *input;
	struct words words;
};

static void check_words(const struct parsing *p, const struct argp_state *state)
{
	struct id id;

	if (p->words.n < p->syntax->least_words && p->syntax->ids_of != NULL)
		argp_error(state, "the %s's ID is missing", p->syntax->ids_of);
	if (p->words.n < p->syntax->least_words)
		argp_error(state, "a word is missing");
	if (p->words.n > p->syntax->most_words)
		argp_error(state, "'%s' is too much", p->words.list[p->syntax->most_words]);
	for (int i = 0; p->syntax->ids_of != NULL && i < p->words.n; i++) {
		if (!id_parse(p->words.list[i], &id))
			argp_error(
			    state, "'%s' is no %s's ID", p->words.list[i], p->syntax->ids_of);
	}
}

/* In the order of args_parse's children. */
static void set_inputs(const struct parsing *p, void **inputs)
{
	*inputs++ = p->options;
	if (p->syntax->options != NULL)
		*inputs++ = p->input;
	if (p->syntax->shared != NULL)
		*inputs = p->syntax->shared_input;
}

/* A word before the command, or the command itself. Options may stand between the words: they are
 * moved up to the first one, over options that have been read. */
static error_t take_ordered(struct parsing *p, char *word, struct argp_state *state)
{
	int at = state->next - 1;

	if (p->words.n == p->syntax->most_words) {
		p->words.command = state->argv + at;
		p->words.n_command = state->argc - at;
		state->next = state->argc;
		return 0;
	}
	if (p->words.n == 0)
		p->words.list = state->argv + at;
	p->words.list[p->words.n++] = word;
	return 0;
}

static error_t on_command(int key, char *value, struct argp_state *state)
{
	struct parsing *p = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		set_inputs(p, state->child_inputs);
		return 0;
	case ARGP_KEY_ARG:
		return p->syntax->has_command ? take_ordered(p, value, state) : ARGP_ERR_UNKNOWN;
	case ARGP_KEY_ARGS:
		p->words.list = state->argv + state->next;
		p->words.n = state->argc - state->next;
		return 0;
	case ARGP_KEY_END:
		check_words(p, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void args_parse(int argc, char **argv, const struct syntax *syntax, struct options *options,
    void *input, struct words *ret_words)
{
	const struct argp own = {.options = syntax->options, .parser = syntax->on_option};
	struct argp_child children[4] = {{&common, 0, "Options of every command:", 3}};
	int n = 1;

	if (syntax->options != NULL)
		children[n++] = (struct argp_child){&own, 0, NULL, 1};
	if (syntax->shared != NULL)
		children[n] = (struct argp_child){syntax->shared, 0, syntax->shared_title, 2};
	const struct argp argp = {.parser = on_command,
	    .args_doc = syntax->words,
	    .doc = syntax->doc,
	    .children = children};
	struct parsing p = {.syntax = syntax, .options = options, .input = input};

	argp_parse(&argp, argc, argv, syntax->has_command ? ARGP_IN_ORDER : 0, NULL, &p);
	*ret_words = p.words;
}

uint64_t args_number(
    const struct argp_state *state, const char *option, const char *value, uint64_t max)
{
	uint64_t number = 0;

	if (str_to_u64(value, max, &number) != OK)
		argp_error(state, "--%s takes a whole number from 0 to %llu, not '%s'", option,
		    (unsigned long long)max, value);
	return number;
}
