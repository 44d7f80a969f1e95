/* asyncprobectl schedules: the table of its commands; list, show, pause, resume, run and rm.
 * cmd_schedules_edit.c makes and changes schedules, cmd_schedules_log.c prints what they found.
 * Thread: main. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "ctl/acts.h"
#include "ctl/commands.h"
#include "ctl/message.h"
#include "ctl/pages.h"
#include "ctl/submit.h"
#include "ctl/view_schedule.h"

/* --- list --- */

struct listing {
	const char *name; /* borrowed from argv; NULL: any */
	struct pages pages;
	bool has_head; /* the table's first line is printed */
};

/* `every 60s`, or the expression of cron and its time zone; new text. */
static char *make_times(const struct schedule_view *s)
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
	message_print(stdout, text);
	printf("%*s  ", width - (int)strnlen(text, (size_t)width), "");
}

static void print_row(const void *item, void *arg)
{
	const struct schedule_view *s = item;
	struct listing *l = arg;
	AUTO_FREE char *times = make_times(s);

	if (!l->has_head)
		printf("%-36s  %-24s  %-24s  %-9s  %9s  %s\n", "ID", "RHYTHM", "NEXT RUN", "LAST",
		    "CHANGES", "NAME");
	l->has_head = true;
	printf("%-36s  ", s->id);
	print_padded(times, 24);
	print_padded(s->is_paused ? "paused" : s->next_run_at != NULL ? s->next_run_at : "-", 24);
	print_padded(s->last_state != NULL ? s->last_state : "-", 9);
	printf("%9llu  ", (unsigned long long)s->changes);
	message_print(stdout, s->name != NULL ? s->name : "-");
	putchar('\n');
}

static int cmd_list(int argc, char **argv, struct options *options)
{
	static const struct option_row own_options[] = {
	    {"name", 0, "TEXT", "Only schedules with this name",
		.offset = offsetof(struct listing, name)},
	    {0},
	};
	const struct syntax syntax = {.groups = {{own_options, NULL, 0},
					  {pages_options(), NULL, offsetof(struct listing, pages)}},
	    .doc = "List schedules, newest first."};
	struct listing l = {.pages = {.list = {.name = "schedules", .read = view_read_schedule},
				.tells_more = true,
				.print = print_row,
				.arg = &l}};
	struct args args;
	struct fields path;

	args_parse(argc, argv, &syntax, options, &l, &args);
	fields_init(&path, "/schedules");
	fields_add_text(&path, "name", l.name);
	int status = pages_print(&l.pages, &path, options);
	fields_done(&path);
	return status;
}

/* --- show --- */

static void print_schedule(const void *item, void *arg)
{
	const struct schedule_view *s = item;
	const char *time = text_list_next(&s->next_runs, NULL);

	(void)arg;
	message_print_field("id", s->id);
	message_print_field("name", s->name);
	message_print_field(
	    s->every != NULL ? "every" : "cron", s->every != NULL ? s->every : s->cron);
	message_print_field("timezone", s->timezone);
	message_print_field("overlap", s->overlap);
	message_print_field("catch-up", s->catch_up);
	message_print_field("jitter", s->jitter);
	message_print_field("paused", s->is_paused ? "yes" : "no");
	message_print_field("callback", s->callback_url);
	message_print_field("job", s->job);
	message_print_field("created", s->created_at);
	message_print_field("updated", s->updated_at);
	message_print_field("last run", s->last_run_at);
	message_print_field("last job", s->last_job_id);
	message_print_field("last state", s->last_state);
	message_print_field("running", s->is_running ? "yes" : "no");
	message_print_count("runs", s->runs);
	message_print_count("skipped", s->skipped);
	message_print_count("changes", s->changes);
	message_print_field("next runs", time);
	while (time != NULL && (time = text_list_next(&s->next_runs, time)) != NULL)
		message_print_field("", time);
}

static bool print_answer(const char *text, size_t len, void *arg)
{
	return view_read_item(text, len, view_read_schedule, print_schedule, arg);
}

static int cmd_show_schedule(int argc, char **argv, struct options *options)
{
	static const struct act act = {"Show a schedule and its next ten runs.", "schedule", "GET",
	    "/schedules", "", print_answer};

	return acts_run(&act, argc, argv, options);
}

/* --- pause, resume, rm and run --- */

static int cmd_pause_schedule(int argc, char **argv, struct options *options)
{
	static const struct act act = {"Pause schedules. A run that has started is completed.",
	    "schedule", "POST", "/schedules", "/pause", schedules_print_next};

	return acts_run(&act, argc, argv, options);
}

static int cmd_resume_schedule(int argc, char **argv, struct options *options)
{
	static const struct act act = {"Resume paused schedules.", "schedule", "POST", "/schedules",
	    "/resume", schedules_print_next};

	return acts_run(&act, argc, argv, options);
}

static int cmd_rm_schedule(int argc, char **argv, struct options *options)
{
	static const struct act act = {
	    "Delete schedules with their changes and outcomes. Their jobs are kept, and a run that "
	    "has started is completed.",
	    "schedule", "DELETE", "/schedules", "", NULL};

	return acts_run(&act, argc, argv, options);
}

static int cmd_run_schedule(int argc, char **argv, struct options *options)
{
	return submit_existing(argc, argv, options,
	    "Run a schedule now, even if it is paused, and follow the job.", "schedule", "run");
}

/* --- The table --- */

static const struct command commands[] = {
    {"add", "[COMMAND [ARG...]]", "create a schedule", cmd_schedules_add},
    {"list", "", "list schedules", cmd_list},
    {"show", "ID", "show a schedule", cmd_show_schedule},
    {"pause", "ID...", "pause schedules", cmd_pause_schedule},
    {"resume", "ID...", "resume paused schedules", cmd_resume_schedule},
    {"run", "ID", "run a schedule now", cmd_run_schedule},
    {"changes", "ID", "print what changed", cmd_schedules_changes},
    {"outcomes", "ID", "print the last result of each target", cmd_schedules_outcomes},
    {"edit", "ID [COMMAND [ARG...]]", "change a schedule", cmd_schedules_edit},
    {"rm", "ID...", "delete schedules", cmd_rm_schedule},
    {0},
};

int cmd_schedules(int argc, char **argv, struct options *options)
{
	return commands_parse(commands, "Create and manage schedules, which run jobs repeatedly.",
	    argc, argv, options);
}
