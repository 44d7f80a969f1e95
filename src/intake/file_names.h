/* Names of files, unique within a job: sets of the hashes of files and of folders, eight bytes each
 * and no more, so that no two files have one name and no file has that of a folder. Two names that
 * collide by chance only make the second one longer than it need be. Thread: any (one at a time).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/file_name.h"

struct file_names;

enum { FILE_NAMES_SIZE = FILE_ITEM_NAME_SIZE };

/* The set of files has room for `n_expected` names without growing. */
struct file_names *file_names_new(size_t n_expected);
void file_names_free(struct file_names *names);

/* Add `path` (at most FILE_PATH_MAX bytes, FILE_MAX_FOLDERS folders), that of item `index`, and
 * write its unique form: if it is in use already, the item's place in the job, from 1, is put
 * before the extension; a folder that is called as a file gets a `_`. Returns the length. */
size_t file_names_add(struct file_names *names, const char *path, uint32_t index,
    char ret_path[static FILE_NAMES_SIZE]);

/* Return how many hashes are kept. */
size_t file_names_count(const struct file_names *names);
