/* Where the daemon keeps its files. Thread: loop, at start. */
#pragma once

#include <stdbool.h>

/* Return the database's path as new text: from a `sqlite:///path` URL, or with an empty one jobs.db
 * in the state directory. NULL when the URL is none. */
char *state_dir_database(const char *url);

/* Return the folder of `path` as new text; with `make_it`, it and those above are made when they
 * are missing (mode 0750). NULL: it is not there or can't be made; errno says why. */
char *state_dir_make(const char *path, bool make_it);
