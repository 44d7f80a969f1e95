/* The files of the database: permissions, lock, and whether they are still where they were opened.
 * Internal to the backend. Thread: loop, except where stated. */
#pragma once

#include <stdbool.h>

#include "base/err.h"

struct db_files;

/* Make the database's file if it is missing, see that nobody but its owner may read it and the
 * files beside it, and lock it for as long as this is open. To be opened before the first
 * connection and closed after the last. On an error *ret_why is new text. ERR_BUSY: another daemon
 * has it; ERR_CONFLICT: the database is missing, but its log is there; ERR_SYSTEM. */
enum err db_files_open(const char *path, struct db_files **ret_files, char **ret_why) MUST_CHECK;
void db_files_close(struct db_files *files); /* NULL is fine */

/* Note which files are the database's, now that all of them are there. The file may have been made
 * anew since it was opened; then that one is locked. Errors as above. */
enum err db_files_settle(struct db_files *files, char **ret_why) MUST_CHECK;

/* Whether each file is still at its path. If not, it was removed, moved or replaced, and the next
 * start would not find what is written. Thread: any. */
bool db_files_are_there(const struct db_files *files);
