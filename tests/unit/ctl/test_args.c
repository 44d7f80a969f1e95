/* Command lines: options and arguments in any order, a command behind them, and mistakes, which end
 * the program. */
#include "../unit.h"

#include <argp.h>

#include "ctl/args.h"

enum { MAX_WORDS = 8 };

#define ID "01a20320-a200-7c31-9d52-6e0f4b8a17c3"

struct shared {
	uint64_t limit;
};

struct input {
	struct shared shared;
	const char *text;
	bool flag;
};

static const struct option_row own_options[] = {
    {"text", 't', "TEXT", "a text", .offset = offsetof(struct input, text)},
    {"old_text", .kind = OPT_ALIAS},
    {"flag", 0, NULL, "a flag", OPT_FLAG, .offset = offsetof(struct input, flag)},
    {0},
};
static const struct option_row shared_options[] = {
    {"limit", 'l', "N", "a number", OPT_NUMBER, .offset = offsetof(struct shared, limit),
	.max = 10},
    {0},
};

#define GROUPS                                                                                     \
	{                                                                                          \
		{own_options, NULL, 0},                                                            \
		{                                                                                  \
			shared_options, "Shared:", offsetof(struct input, shared)                  \
		}                                                                                  \
	}

static const struct syntax plain = {.groups = GROUPS, .max_args = 2};
static const struct syntax ids = {.groups = GROUPS, .min_args = 1, .max_args = 1, .ids_of = "job"};
static const struct syntax with_command = {
    .groups = GROUPS, .min_args = 1, .max_args = 1, .has_command = true};

struct line {
	const struct syntax *syntax;
	const char *words[MAX_WORDS];
};

/* A line is copied, as argp moves its words. */
static void parse(const struct line *line, char **argv, struct options *options,
    struct input *input, struct args *args)
{
	int argc = 1;

	argv[0] = (char *)"test";
	for (; line->words[argc - 1] != NULL; argc++)
		argv[argc] = (char *)line->words[argc - 1];
	argv[argc] = NULL;
	*options = (struct options){.url = "here"};
	*input = (struct input){.text = NULL};
	argp_err_exit_status = CTL_USAGE;
	args_parse(argc, argv, line->syntax, options, input, args);
}

static const struct {
	struct line line;
	const char *args, *command; /* joined by spaces */
	const char *text;
	uint64_t limit;
	bool flag, is_quiet;
} good[] = {
    {{&plain, {NULL}}, "", "", NULL, 0, false, false},
    {{&plain, {"a", "--text", "x", "b", "-l3"}}, "a b", "", "x", 3, false, false},
    {{&plain, {"--flag", "-q", "--", "-t"}}, "-t", "", NULL, 0, true, true},
    {{&plain, {"--old_text=x"}}, "", "", "x", 0, false, false},
    {{&plain, {"-t", "a", "-t", "b"}}, "", "", "b", 0, false, false},
    {{&plain, {"--limit", "0", "-t", ""}}, "", "", "", 0, false, false},
    {{&ids, {ID, "-q"}}, ID, "", NULL, 0, false, true},
    {{&with_command, {"a", "--flag", "run", "--other", "-q"}}, "a", "run --other -q", NULL, 0, true,
	false},
    {{&with_command, {"--flag", "a", "-t", "x", "run"}}, "a", "run", "x", 0, true, false},
    {{&with_command, {"a"}}, "a", "", NULL, 0, false, false},
};

static void check_joined(char *const *list, int n, const char *want)
{
	char got[256] = "";

	for (int i = 0; i < n; i++) {
		strncat(got, i > 0 ? " " : "", sizeof(got) - strlen(got) - 1);
		strncat(got, list[i], sizeof(got) - strlen(got) - 1);
	}
	ck_assert_str_eq(got, want);
}

TEST(lines_are_read)
{
	char *argv[MAX_WORDS + 2];
	struct options options;
	struct input input;
	struct args args;

	parse(&good[_i].line, argv, &options, &input, &args);
	check_joined(args.list, args.n, good[_i].args);
	check_joined(args.command, args.n_command, good[_i].command);
	ck_assert_pstr_eq(input.text, good[_i].text);
	ck_assert_uint_eq(input.shared.limit, good[_i].limit);
	ck_assert(input.flag == good[_i].flag && options.is_quiet == good[_i].is_quiet);
	ck_assert_str_eq(options.url, "here");
}

static const struct line bad[] = {
    {&plain, {"a", "b", "c"}},
    {&plain, {"--unknown"}},
    {&plain, {"-l"}},
    {&plain, {"-l", "11"}},
    {&plain, {"-l", "-1"}},
    {&plain, {"--flag=yes"}},
    {&ids, {NULL}},
    {&ids, {"x"}},
    {&ids, {ID, ID}},
    {&ids, {ID "0"}},
    {&with_command, {NULL}},
};

TEST(mistakes_end_the_program)
{
	char *argv[MAX_WORDS + 2];
	struct options options;
	struct input input;
	struct args args;

	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
	parse(&bad[_i], argv, &options, &input, &args);
}

SUITE(args)
{
	ADD_ROWS(lines_are_read, good);
	tcase_add_loop_exit_test(tcase, mistakes_end_the_program, CTL_USAGE, 0, (int)N_ROWS(bad));
}
