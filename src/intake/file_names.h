/* Names of files, unique within a job: a set of their hashes, eight bytes a name and no more. Two
 * names that collide by chance only make the second one longer than it need be. Thread: any (one at
 * a time). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/file_name.h"

struct file_names;

enum { FILE_NAMES_SIZE = FILE_NAME_MAX + 32 };

/* The set has room for `n_expected` names without growing. */
struct file_names *file_names_new(size_t n_expected);
void file_names_free(struct file_names *names);

/* Add `name` (at most FILE_NAME_MAX bytes), the name of item `index`, and write its unique form: if
 * it is in use already, the item's place in the job, from 1, is put before the extension. Returns
 * the length. */
size_t file_names_add(struct file_names *names, const char *name, uint32_t index,
    char ret_name[static FILE_NAMES_SIZE]);
