/* asyncprobectl schedules: the table of its commands; list, show, pause, resume, run and rm. What
 * makes and changes schedules is in cmd_schedules_edit.c, what they found in cmd_schedules_log.c.
 * Thread: main. */
#include <string.h>

#include "base/alloc.h"
#include "ctl/commands.h"
#include "ctl/each.h"
#include "ctl/pages.h"
#include "ctl/submit.h"
#include "ctl/view_schedule.h"

enum { MAX_PATH_BYTES = 4096, OPT_NAME = 0x100 };

/* --- list --- */

struct listing {
	const char *name; /* borrowed from argv; NULL: any */
	struct pages pages;
	bool has_head; /* the table's first line is printed */
};

static error_t on_list_option(int key, char *value, struct argp_state *state)
{
	struct listing *l = state->input;

	if (key != OPT_NAME)
		return pages_option(&l->pages, key, value, state);
	l->name = value;
	return 0;
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

static bool read_page(
    const char *text, size_t len, bool is_shown, void *arg, struct page_end *ret_end)
{
	return view_parse_schedules(text, len, is_shown ? print_row : NULL, arg, &ret_end->next);
}

static int cmd_list(int argc, char **argv, struct options *options)
{
	static const struct argp_option own_options[] = {
	    {"name", OPT_NAME, "TEXT", 0, "Only schedules that are called TEXT", 0},
	    PAGES_OPTIONS("schedules"),
	    {0},
	};
	static const struct syntax syntax = {.options = own_options,
	    .on_option = on_list_option,
	    .doc = "List schedules, newest first."};
	struct listing l = {
	    .pages = {
		.cursor_name = "cursor", .things = "schedules", .read = read_page, .arg = &l}};
	struct words words;
	struct buf path;

	args_parse(argc, argv, &syntax, options, &l, &words);
	buf_init(&path, MAX_PATH_BYTES);
	buf_add_str(&path, "/schedules");
	if (l.name != NULL)
		http_add_query(&path, "name", l.name);
	l.pages.path = path.data;
	int status = pages_print(&l.pages, options);
	buf_done(&path);
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

static int cmd_pause_schedule(int argc, char **argv, struct options *options)
{
	static const struct act act = {"POST", "/schedules/", "/pause", schedules_print_next};

	return each_of(argc, argv, options, "Have schedules run no more; a run under way goes on.",
	    "schedule", &act);
}

static int cmd_resume_schedule(int argc, char **argv, struct options *options)
{
	static const struct act act = {"POST", "/schedules/", "/resume", schedules_print_next};

	return each_of(
	    argc, argv, options, "Have schedules that are paused run again.", "schedule", &act);
}

static int cmd_rm_schedule(int argc, char **argv, struct options *options)
{
	static const struct act act = {"DELETE", "/schedules/", "", NULL};

	return each_of(argc, argv, options,
	    "Remove schedules with their changes. Their jobs stay, and a run under way goes on.",
	    "schedule", &act);
}

static int cmd_run_schedule(int argc, char **argv, struct options *options)
{
	return submit_again(argc, argv, options,
	    "Run a schedule now, even if it is paused, and follow the job.", "schedule", "run");
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
