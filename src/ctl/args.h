/* The command line: options that all commands have, and the options and arguments of one command,
 * read by argp. A mistake ends the program with a message on stderr and CTL_USAGE. Thread: main. */
#pragma once

#include <stdbool.h>

#include "ctl/option.h"

/* Exit statuses. */
enum {
	CTL_OK = 0,
	CTL_FAILED = 1,      /* some items failed, the job did, or the daemon refused */
	CTL_USAGE = 2,       /* the command line is wrong */
	CTL_UNREACHABLE = 3, /* no answer from the daemon */
	CTL_UNKNOWN = 4,     /* whether a name is registered could not be told */
	CTL_INTERRUPTED = 130
};

struct options {
	const char *url;            /* borrowed from the command line or the environment */
	const char *ca_file, *cert; /* likewise; NULL: the system's authorities, no certificate */
	const char *token_file;     /* likewise; NULL: $ASYNCPROBED_TOKEN, or no token */
	bool is_json, is_no_wait, is_quiet;
	char **ret_job; /* not NULL: commands that queue a job store it there as JSON (new text),
			   and send nothing */
};

/* Some of the options of a command. */
struct option_group {
	const struct option_row *options; /* NULL: the list of groups ends here */
	const char *title;                /* in --help; NULL: none */
	size_t offset;                    /* of the struct that they set in the command's struct */
};

enum { ARGS_MAX_GROUPS = 3 };

/* What one command understands. */
struct syntax {
	struct option_group groups[ARGS_MAX_GROUPS + 1];
	const char *usage, *doc; /* as argp's args_doc and doc */
	int min_args, max_args;
	const char *ids_of; /* what its arguments are IDs of; NULL: they are not IDs */
	bool has_command;   /* a command follows `max_args` arguments, and is left alone */
};

/* In a struct syntax: the command takes the ID of one `thing`. */
#define TAKES_ONE_ID(thing) .usage = "ID", .min_args = 1, .max_args = 1, .ids_of = thing

struct args {
	char **list; /* borrowed from argv */
	int n;
	char **command; /* where the command begins in argv; NULL: there is none */
	int n_command;  /* number of words from there on */
};

/* Read the part of one command, argv[0] being its name. `input` is the command's struct. */
void args_parse(int argc, char **argv, const struct syntax *syntax, struct options *options,
    void *input, struct args *ret_args);
