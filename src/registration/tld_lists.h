/* Named lists of TLDs as settings have them: `NAME=TLD+TLD+...`, separated by blanks or commas.
 * Thread: any. */
#pragma once

#include <stdbool.h>

#include "model/spec.h"

/* Return those that are built in: `popular` and `tech`. */
const char *tld_lists_built_in(void);

bool tld_lists_are_valid(const char *lists);

/* Add the TLDs of the first list of this name. False: there is none. */
bool tld_lists_add(const char *lists, const char *name, struct text_list *to);
