/* Files of a submission: each gets its URL, its name, and what the job says of all files. Inside
 * this room. Thread: any (one at a time). */
#pragma once

#include "intake/file_names.h"
#include "model/spec.h"

/* Prepare a packed file, item `index`, into `packed`, whose ceiling is FILE_ITEM_MAX. Returns what
 * was given, borrowed from `text`, when it is no URL; nothing otherwise. */
struct span files_prepare(const struct spec *spec, struct file_names *names, uint32_t index,
    struct span text, struct buf *packed);
