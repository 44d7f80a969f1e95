/* Files that the user names, read as a whole. Thread: main. */
#pragma once

#include <stdbool.h>

#include "model/spec.h"

/* Read a file, or standard input (`-`), that is part of a schedule; the caller frees the text.
 * NULL: it cannot be read, is too large or is not text, and a message was printed. */
char *input_read(const char *name);

/* Add the lines of such a file to a list, but not those that are empty or begin with `#`. False
 * after printing a message. */
bool input_add_lines(struct text_list *list, const char *name);
