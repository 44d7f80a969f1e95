/* The keys that sign callbacks: from callbacks.secret_file, from the systemd credential
 * asyncprobed.callback, or from a file next to the database, which is created if it is missing.
 * They are never logged. Thread: loop; blocks for one small file. */
#pragma once

#include <stdbool.h>

#include "daemon/conf.h"
#include "fetch/signature.h"

/* Load the keys; the caller ends them with signature_keys_done. `folder` is the one beside the
 * database. On a fault false with *ret_why new text that says file and line, and *ret_keys stays.
 */
bool secret_load(
    const struct conf *conf, const char *folder, struct signature_keys *ret_keys, char **ret_why);

/* Have others given any? Those of our own may be missing while the disk is full. */
bool secret_is_given(const struct conf *conf);

/* Are those good that others gave? Makes nothing; faults as secret_load. */
bool secret_check(const struct conf *conf, char **ret_why);
