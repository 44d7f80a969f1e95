/* Whose a folder of downloads is: a lock while a daemon uses it, and a file that says which
 * database its files belong to. Thread: any; they block. */
#pragma once

#include <stdbool.h>

/* Lock the directory for as long as this descriptor is open; false when another process has it. */
bool mark_lock(int dir);

/* Mark the directory as `owner`'s, a line of text, unless it has a mark. NULL: it is the owner's
 * now; else whose it is, as new text. */
char *mark_claim(int dir, const char *owner);
