/* The commands, and those of `schedules`. Each reads its part of the command line, argv[0] being
 * its name, and returns the exit status. Thread: main. */
#pragma once

#include "ctl/args.h"

typedef int command_fn(int argc, char **argv, struct options *options);

struct command {
	const char *name, *usage, *doc; /* name NULL: the table ends here */
	command_fn *run;
};

/* Read the part of a program or command that has commands, and run the one that is given. */
int commands_parse(
    const struct command *table, const char *doc, int argc, char **argv, struct options *options);

/* Run the command that argv[0] names, with `program` before its name in messages. If there is none,
 * print a message and return CTL_USAGE. */
int commands_run(const struct command *table, const char *program, int argc, char **argv,
    struct options *options);

command_fn cmd_domains, cmd_flags, cmd_download; /* each queues a job, or sets ret_job */
command_fn cmd_whois, cmd_jobs, cmd_show, cmd_results, cmd_watch;
command_fn cmd_pause, cmd_resume, cmd_retry, cmd_confirm, cmd_cancel, cmd_rm;
command_fn cmd_schedules, cmd_backup, cmd_servers, cmd_status;
command_fn cmd_schedules_add, cmd_schedules_edit, cmd_schedules_changes, cmd_schedules_outcomes;

/* Print the ID of a schedule and when it runs next; an answer_print_fn. */
bool schedules_print_next(const char *text, size_t len, void *arg);
