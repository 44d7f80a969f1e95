/* The commands. Each reads its part of the command line, argv[0] being its name, and returns what
 * the program ends with. Thread: main. */
#pragma once

#include "ctl/args.h"

int cmd_domains(int argc, char **argv, struct options *options);
int cmd_flags(int argc, char **argv, struct options *options);
int cmd_download(int argc, char **argv, struct options *options);
int cmd_jobs(int argc, char **argv, struct options *options);
int cmd_show(int argc, char **argv, struct options *options);
int cmd_results(int argc, char **argv, struct options *options);
int cmd_watch(int argc, char **argv, struct options *options);
int cmd_cancel(int argc, char **argv, struct options *options);
int cmd_rm(int argc, char **argv, struct options *options);
int cmd_backup(int argc, char **argv, struct options *options);
int cmd_status(int argc, char **argv, struct options *options);
