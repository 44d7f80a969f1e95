/* Copies of a job's files into a folder, a few at the same time. A file appears whole or not at
 * all, and in that folder only, whatever name the daemon tells. Thread: main. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "ctl/http.h"

struct copies;

/* Called before something is written to stderr. */
typedef void copies_words_fn(void *arg);

/* Prepare to copy into the folder at `path`, making it and those above it when they are missing.
 * NULL after saying on stderr why that can't be. copies_free comes before http_free. */
struct copies *copies_new(struct http *http, const char *path);
/* Stop what still runs; what is not whole is taken away. NULL is fine. */
void copies_free(struct copies *c);

/* The job to copy from, before the first copies_add; `id` is borrowed. */
void copies_set_job(struct copies *c, const char *id, copies_words_fn *on_words, void *arg);

/* Plan a copy of the file `name`. One that fails is told on stderr, and the others go on. */
void copies_add(struct copies *c, const char *name);

/* Take up what http_wait brought and begin what may begin. A daemon that does not answer is asked
 * again after growing pauses. Calls on_words. */
void copies_move(struct copies *c);

size_t copies_n_left(const struct copies *c); /* planned and not ended */
bool copies_has_failed(const struct copies *c);
