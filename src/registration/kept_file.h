/* A small file of the state folder that is replaced as a whole: by a new file that is on the disk
 * before it takes the name. Writes go through the pool, one at a time; of the texts that come
 * meanwhile only the last is written. Thread: loop. */
#pragma once

#include "base/span.h"

struct kept_file;
struct offload;

/* `on_written` is called when everything put so far is on the disk, or could not be written, which
 * is logged. NULL: nobody is told. Borrows `offload`. */
struct kept_file *kept_file_new(
    struct offload *offload, const char *path, void (*on_written)(void *arg), void *arg);
/* After offload_stop and the delivery of what it left: nothing is under way. */
void kept_file_free(struct kept_file *file);

/* Write the text, which is copied, in place of what the file has. */
void kept_file_put(struct kept_file *file, struct span text);
