/* asyncprobectl schedules: the table of its commands; list, show, pause, resume, run and rm. What
 * makes and changes schedules is in cmd_schedules_edit.c, what they found in cmd_schedules_log.c.
 * Thread: main. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "ctl/commands.h"
#include "ctl/each.h"
#include "ctl/submit.h"
#include "ctl/view_schedule.h"

enum { MAX_PATH_BYTES = 4096, MAX_LIMIT = 1000, OPT_NAME = 0x100 };

/* --- list --- */

struct listing {
	const char *name; /* borrowed from argv; NULL: any */
	uint64_t limit;   /* schedules a page; 0: the daemon decides */
	bool is_all;
	bool has_head; /* the table's first line is printed */
};

static error_t on_list_option(int key, char *value, struct argp_state *state)
{
	struct listing *l = state->input;

	switch (key) {
	case OPT_NAME:
		l->name = value;
		return 0;
	case 'l':
		l->limit = args_number(state, "limit", value, MAX_LIMIT);
		return 0;
	case 'a':
		l->is_all = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* `every 60s`, or the expression of cron and its time zone; new text. */
static char *make_rhythm(const struct schedule_view *s)
{
	struct buf text;

	buf_init(&text, SIZE_MAX / 2);
	if (s->every != NULL)
		buf_addf(&text, "every %s", s->every);
	else
		buf_addf(&text, "%s %s", s->cron, s->timezone != NULL ? s->timezone : "");
	return buf_take(&text, NULL);
}

static void print_padded(const char *text, int width)
{
	answer_print(stdout, text);
	printf("%*s  ", width - (int)strnlen(text, (size_t)width), "");
}

static void print_row(const struct schedule_view *s, void *arg)
{
	struct listing *l = arg;
	AUTO_FREE char *rhythm = make_rhythm(s);

	if (!l->has_head)
		printf("%-36s  %-24s  %-24s  %-9s  %9s  %s\n", "ID", "RHYTHM", "NEXT RUN", "LAST",
		    "CHANGES", "NAME");
	l->has_head = true;
	printf("%-36s  ", s->id);
	print_padded(rhythm, 24);
	print_padded(s->is_paused ? "paused" : s->next_run_at != NULL ? s->next_run_at : "-", 24);
	print_padded(s->last_state != NULL ? s->last_state : "-", 9);
	printf("%9llu  ", (unsigned long long)s->changes);
	answer_print(stdout, s->name != NULL ? s->name : "-");
	putchar('\n');
}

/* Print one page; *ret_next is new text, or NULL behind the last page. */
static int print_page(struct listing *l, const struct options *options, struct http *http,
    const char *cursor, char **ret_next)
{
	struct buf path;
	struct http_call *call;
	char digits[24];

	buf_init(&path, MAX_PATH_BYTES);
	buf_add_str(&path, "/schedules");
	if (l->name != NULL)
		http_add_query(&path, "name", l->name);
	if (cursor != NULL)
		http_add_query(&path, "cursor", cursor);
	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)l->limit);
	if (l->limit > 0)
		http_add_query(&path, "limit", digits);
	int status = answer_get(http, path.data, &call);
	buf_done(&path);
	if (status != CTL_OK)
		return status;
	const struct buf *body = &http_call_answer(call)->body;
	view_schedule_fn *on_row = options->is_json ? NULL : print_row;
	if (body->len == 0 || !view_parse_schedules(body->data, body->len, on_row, l, ret_next))
		status = answer_strange();
	else if (options->is_json)
		status = answer_print_raw(http_call_answer(call));
	http_call_free(call);
	return status;
}

static int print_pages(struct listing *l, const struct options *options, struct http *http)
{
	AUTO_FREE char *cursor = NULL;
	int status;

	do {
		char *next = NULL;
		status = print_page(l, options, http, cursor, &next);
		free(cursor);
		cursor = next;
	} while (status == CTL_OK && l->is_all && cursor != NULL);
	if (status == CTL_OK && cursor != NULL && !options->is_quiet && !options->is_json) {
		fflush(stdout);
		fputs("There are older schedules; --all shows them.\n", stderr);
	}
	return status;
}

static int cmd_list(int argc, char **argv, struct options *options)
{
	static const struct argp_option own_options[] = {
	    {"name", OPT_NAME, "TEXT", 0, "Only schedules that are called TEXT", 0},
	    {"limit", 'l', "N", 0, "Show N schedules (with --all: ask for N at a time)", 0},
	    {"all", 'a', NULL, 0, "Show all schedules, page after page", 0},
	    {0},
	};
	static const struct syntax syntax = {.options = own_options,
	    .on_option = on_list_option,
	    .doc = "List schedules, newest first."};
	struct listing l = {.limit = 0};
	struct words words;

	args_parse(argc, argv, &syntax, options, &l, &words);
	struct http *http = answer_open(options);
	int status = http != NULL ? print_pages(&l, options, http) : CTL_USAGE;
	http_free(http);
	return status;
}

/* --- show --- */

static void print_count(const char *name, uint64_t count)
{
	printf("%-11s%llu\n", name, (unsigned long long)count);
}

static void print_schedule(const struct schedule_view *s, void *arg)
{
	const char *time = text_list_next(&s->next_runs, NULL);

	(void)arg;
	answer_print_field("id", s->id);
	answer_print_field("name", s->name);
	answer_print_field(
	    s->every != NULL ? "every" : "cron", s->every != NULL ? s->every : s->cron);
	answer_print_field("timezone", s->timezone);
	answer_print_field("overlap", s->overlap);
	answer_print_field("catch-up", s->catch_up);
	answer_print_field("jitter", s->jitter);
	answer_print_field("paused", s->is_paused ? "yes" : "no");
	answer_print_field("callback", s->callback_url);
	answer_print_field("job", s->job);
	answer_print_field("created", s->created_at);
	answer_print_field("updated", s->updated_at);
	answer_print_field("last run", s->last_run_at);
	answer_print_field("last job", s->last_job_id);
	answer_print_field("last state", s->last_state);
	answer_print_field("running", s->is_running ? "yes" : "no");
	print_count("runs", s->runs);
	print_count("skipped", s->skipped);
	print_count("changes", s->changes);
	answer_print_field("next runs", time);
	while (time != NULL && (time = text_list_next(&s->next_runs, time)) != NULL)
		answer_print_field("", time);
}

/* Have an answer that is a schedule printed. */
static int print_answer(const struct http_answer *answer, view_schedule_fn *print)
{
	if (answer->body.len > 0 &&
	    view_parse_schedule(answer->body.data, answer->body.len, print, NULL))
		return CTL_OK;
	return answer_strange();
}

static int print_whole(const struct http_answer *answer)
{
	return print_answer(answer, print_schedule);
}

static int cmd_show_schedule(int argc, char **argv, struct options *options)
{
	static const struct act act = {"GET", "/schedules/", "", print_whole};
	static const struct syntax syntax = {.words = "ID",
	    .doc = "Show a schedule and its next ten runs.",
	    .least_words = 1,
	    .most_words = 1,
	    .ids_of = "schedule"};
	struct words ids;

	args_parse(argc, argv, &syntax, options, NULL, &ids);
	return each_id(&act, &ids, options);
}

/* --- pause, resume, rm and run --- */

static void print_next(const struct schedule_view *s, void *arg)
{
	(void)arg;
	printf("%s  ", s->id);
	answer_print(stdout, s->is_paused             ? "paused"
			     : s->next_run_at != NULL ? s->next_run_at
						      : "-");
	putchar('\n');
}

int schedules_print_next(const struct http_answer *answer)
{
	return print_answer(answer, print_next);
}

static int act_on_each(
    int argc, char **argv, struct options *options, const char *doc, const struct act *act)
{
	const struct syntax syntax = {.words = "ID...",
	    .doc = doc,
	    .least_words = 1,
	    .most_words = INT_MAX,
	    .ids_of = "schedule"};
	struct words ids;

	args_parse(argc, argv, &syntax, options, NULL, &ids);
	return each_id(act, &ids, options);
}

static int cmd_pause_schedule(int argc, char **argv, struct options *options)
{
	static const struct act act = {"POST", "/schedules/", "/pause", schedules_print_next};

	return act_on_each(
	    argc, argv, options, "Have schedules run no more; a run under way goes on.", &act);
}

static int cmd_resume_schedule(int argc, char **argv, struct options *options)
{
	static const struct act act = {"POST", "/schedules/", "/resume", schedules_print_next};

	return act_on_each(argc, argv, options, "Have schedules that are paused run again.", &act);
}

static int cmd_rm_schedule(int argc, char **argv, struct options *options)
{
	static const struct act act = {"DELETE", "/schedules/", "", NULL};

	return act_on_each(argc, argv, options,
	    "Remove schedules with their changes. Their jobs stay, and a run under way goes on.",
	    &act);
}

static int cmd_run_schedule(int argc, char **argv, struct options *options)
{
	const char *folder = NULL;
	const struct syntax syntax = {.words = "ID",
	    .doc = "Run a schedule now, even if it is paused, and follow the job.",
	    .least_words = 1,
	    .most_words = 1,
	    .ids_of = "schedule",
	    .shared = submit_output_argp(),
	    .shared_input = &folder};
	struct words ids;
	char path[80];

	args_parse(argc, argv, &syntax, options, NULL, &ids);
	struct follow_opts follow = {.http = answer_open(options), .options = options};
	snprintf(path, sizeof(path), "/schedules/%s/run", ids.list[0]);
	int status =
	    follow.http != NULL ? submit_post(path, ids.list[0], folder, &follow) : CTL_USAGE;
	http_free(follow.http);
	return status;
}

/* --- The table --- */

static const struct command commands[] = {
    {"add", "[COMMAND [WORD...]]", "make a schedule", cmd_schedules_add},
    {"list", "", "list schedules", cmd_list},
    {"show", "ID", "show a schedule", cmd_show_schedule},
    {"pause", "ID...", "run no more", cmd_pause_schedule},
    {"resume", "ID...", "run again", cmd_resume_schedule},
    {"run", "ID", "run now", cmd_run_schedule},
    {"changes", "ID", "print what changed", cmd_schedules_changes},
    {"outcomes", "ID", "print what was found last", cmd_schedules_outcomes},
    {"edit", "ID [COMMAND [WORD...]]", "change a schedule", cmd_schedules_edit},
    {"rm", "ID...", "remove schedules", cmd_rm_schedule},
    {0},
};

int cmd_schedules(int argc, char **argv, struct options *options)
{
	AUTO_FREE char *doc = commands_make_doc(
	    commands, "Have jobs run again and again.", "asyncprobectl schedules");
	const struct syntax syntax = {
	    .words = "COMMAND [OPTION...] [WORD...]", .doc = doc, .has_command = true};
	char name[64] = "asyncprobectl schedules ";
	struct words words;

	args_parse(argc, argv, &syntax, options, NULL, &words);
	const char *given = words.command != NULL ? words.command[0] : "";
	const struct command *command = commands_find(commands, given);
	if (command == NULL) {
		fputs("asyncprobectl schedules: there is no command '", stderr);
		answer_print(stderr, given);
		fputs("'\nTry `asyncprobectl schedules --help' for more information.\n", stderr);
		return CTL_USAGE;
	}
	strncat(name, command->name, sizeof(name) - strlen(name) - 1);
	words.command[0] = name;
	return command->run(words.n_command, words.command, options);
}
