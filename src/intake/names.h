/* Names of files, unique within a job: a set of their hashes, eight bytes a name and no more. Two
 * names that collide by chance only make the second one longer than it need be. Thread: any (one at
 * a time). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/file_name.h"

struct names;

enum { NAMES_SIZE = FILE_NAME_MAX + 32 };

/* `n_expected` names find room without its growing. */
struct names *names_new(size_t n_expected);
void names_free(struct names *names);

/* Take `name` (at most FILE_NAME_MAX bytes), the name of item `index`, and write it as it is
 * unique: when it is taken already, the item's place in the job, from 1, stands before the
 * extension. Returns its length. */
size_t names_take(
    struct names *names, const char *name, uint32_t index, char ret_name[static NAMES_SIZE]);
