/* What outlasts a restart of what the daemon knows of RDAP servers: a table in a file of the state
 * folder, a line a host: its name, the rate it began with, its rate, and as seconds of wall time
 * the end of its hold and the last refusals (0: none). Thread: loop. */
#pragma once

#include <stdbool.h>

#include "registration/budget.h"

struct host_notes;
struct offload;

/* Read the file, which blocks; lines that can't be read are passed over. `on_kept` is called when
 * all that was put so far is on the disk, or could not be written. */
struct host_notes *host_notes_new(
    struct offload *offload, const char *path, void (*on_kept)(void *arg), void *arg);
void host_notes_free(struct host_notes *notes); /* as kept_file_free */

/* Return the note of a host, which is valid until the next put; NULL: there is none. */
const struct budget_note *host_notes_find(const struct host_notes *notes, const char *host);

/* Put the note of a host in place of the one before, and write the file. */
void host_notes_put(struct host_notes *notes, const char *host, const struct budget_note *note);
