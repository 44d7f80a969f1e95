/* The command line: options that every command has, and reading a command's own by argp. A fault
 * ends the program with a message on stderr and CTL_USAGE. Thread: main. */
#pragma once

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

/* What the program ends with. */
enum {
	CTL_OK = 0,
	CTL_FAILED = 1,      /* some items failed, the job did, or the daemon refused */
	CTL_USAGE = 2,       /* the command line is wrong */
	CTL_UNREACHABLE = 3, /* no answer from the daemon */
	CTL_INTERRUPTED = 130
};

struct options {
	const char *url;            /* borrowed from the command line or the environment */
	const char *ca_file, *cert; /* so too; NULL: the system's authorities, no certificate */
	const char *token_file;     /* so too; NULL: $ASYNCPROBED_TOKEN, or no token */
	bool is_json, is_no_wait, is_quiet;
};

/* What one command understands. */
struct syntax {
	const struct argp_option *options; /* NULL: none of its own */
	argp_parser_t on_option;
	const char *words, *doc; /* as argp's args_doc and doc */
	int least_words, most_words;
	const char *ids_of; /* what its words are ids of; NULL: they are none */
	/* Options that it shares with other commands, their input and headline; NULL: none. */
	const struct argp *shared;
	void *shared_input;
	const char *shared_title;
	/* Behind `most_words` words comes a command, whose part of the line is left alone. */
	bool has_command;
};

struct words {
	char **list; /* borrowed from argv */
	int n;
	char **command; /* where the command begins in argv; NULL: there is none */
	int n_command;
};

/* Read options before the command's name; returns the index of the name in argv. */
int args_parse_global(int argc, char **argv, const char *doc, struct options *options);

/* Read a command's part, argv[0] being its name. `input` goes to on_option as state->input. */
void args_parse(int argc, char **argv, const struct syntax *syntax, struct options *options,
    void *input, struct words *ret_words);

/* Read the number of an option. */
uint64_t args_number(
    const struct argp_state *state, const char *option, const char *value, uint64_t max);
