/* The commands, and those of `schedules`. Each reads its part of the command line, argv[0] being
 * its name, and returns what the program ends with. Thread: main. */
#pragma once

#include "ctl/args.h"

struct command {
	const char *name, *words, *doc; /* name NULL: the table's end */
	int (*run)(int argc, char **argv, struct options *options);
};

/* Find a command by its name; NULL when there is none. */
const struct command *commands_find(const struct command *table, const char *name);

/* Make the doc of the program, or of a command that has commands of its own; the caller frees it.
 */
char *commands_make_doc(const struct command *table, const char *doc, const char *program);

int cmd_domains(int argc, char **argv, struct options *options);
int cmd_flags(int argc, char **argv, struct options *options);
int cmd_download(int argc, char **argv, struct options *options);
int cmd_jobs(int argc, char **argv, struct options *options);
int cmd_show(int argc, char **argv, struct options *options);
int cmd_results(int argc, char **argv, struct options *options);
int cmd_watch(int argc, char **argv, struct options *options);
int cmd_cancel(int argc, char **argv, struct options *options);
int cmd_rm(int argc, char **argv, struct options *options);
int cmd_pause(int argc, char **argv, struct options *options);
int cmd_resume(int argc, char **argv, struct options *options);
int cmd_retry(int argc, char **argv, struct options *options);
int cmd_schedules(int argc, char **argv, struct options *options);
int cmd_backup(int argc, char **argv, struct options *options);
int cmd_status(int argc, char **argv, struct options *options);

int cmd_schedules_add(int argc, char **argv, struct options *options);
int cmd_schedules_edit(int argc, char **argv, struct options *options);
int cmd_schedules_changes(int argc, char **argv, struct options *options);
int cmd_schedules_outcomes(int argc, char **argv, struct options *options);

/* Print the id of a schedule and when it runs next, from an answer that was good. */
struct http_answer;
int schedules_print_next(const struct http_answer *answer);
