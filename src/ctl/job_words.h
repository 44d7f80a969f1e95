/* The job of a schedule as words: the command line of a command that queues, read as far as its
 * submission and never sent. Thread: main. */
#pragma once

#include <stdbool.h>

#include "ctl/args.h"
#include "ctl/fields.h"
#include "ctl/job_args.h"

/* Read a command line, argv[0] being the command's name with what stands before it. Returns the
 * submission as JSON, which the caller frees, or NULL after saying on stderr what is wrong. A fault
 * of an option ends the program, as args_parse does. */
typedef char *job_words_fn(int argc, char **argv, struct options *options);

/* The command's reader; NULL: it is no command that queues. */
job_words_fn *job_words_find(const char *command);

/* May the options stand in a schedule? `folder`: of --output. Says on stderr which one may not. */
bool job_words_check(const struct job_args *args, const char *folder);

/* Add the lines of a file, or of standard input (`-`), to a list; blank lines and those that begin
 * with `#` are passed over. False after saying on stderr why they can't be read. */
bool job_words_add_lines(struct text_list *list, const char *input);

/* Read a file, or standard input (`-`), to its end; the caller frees it. NULL after saying on
 * stderr why it can't be read. */
char *job_words_read_file(const char *input);

/* The readers. */
job_words_fn domains_read_words, flags_read_words, download_read_words;
