/* Copies of a job's files in a folder, some at the same time. A file appears complete or not at
 * all, and only below that folder and behind no link, whatever name the daemon sends. Thread: main.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "ctl/http.h"

struct copies;

/* Called before a message is printed. */
typedef void copies_message_fn(void *arg);

/* Prepare to copy into the folder at `path`, which is created with its parents if it is missing.
 * NULL after printing a message. copies_free must precede http_free. */
struct copies *copies_new(struct http *http, const char *path);
/* Stop what is running and remove incomplete files. */
void copies_free(struct copies *c);

/* Set the job to copy from, before the first copies_add; `id` is borrowed. */
void copies_set_job(struct copies *c, const char *id, copies_message_fn *on_message, void *arg);

/* Queue a copy of the file `name`, which may have folders. What is there already with that many
 * bytes and that digest (in hex; NULL: not known) stays as it is. If the copy fails a message is
 * printed, and the others go on. */
void copies_add(struct copies *c, const char *name, uint64_t n_bytes, const char *sha256);

/* End copies that http_wait completed, and start others. If the daemon does not answer, a copy is
 * attempted again (ctl/backoff.h). Calls on_message. */
void copies_move(struct copies *c);

size_t copies_n_left(const struct copies *c); /* queued or running */
bool copies_has_failed(const struct copies *c);
