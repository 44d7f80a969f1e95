/* A folder of its own for a test, with the loop and the pool that work in it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/id.h"
#include "loop/loop.h"
#include "loop/mailbox.h"
#include "loop/offload.h"

struct folder;

struct place {
	char path[64];
	struct loop *loop;
	struct mailbox *mailbox;
	struct offload *offload;
	int n_threads;
};

/* `n_threads` of the pool; with 0 its work is done at once in the test's thread, and completes when
 * the loop runs. */
void place_begin(struct place *p, int n_threads);
/* Wait until all that the pool was given is done and told. */
void place_settle(struct place *p);
/* Stop the pool and deliver what it left, twice: once before, once after the objects under test are
 * freed. */
void place_stop(struct place *p);
void place_end(struct place *p); /* the folder goes with all that is in it */

/* Write a file below the folder, with the folders on its way; read it, NULL when it is not there
 * (new text); make a link to `target`. */
void place_write(struct place *p, const char *name, const char *bytes, size_t len);
char *place_read(struct place *p, const char *name, size_t *ret_len);
void place_link(struct place *p, const char *name, const char *target);
void place_make_folder(struct place *p, const char *name);

/* All that lies below `name`, sorted, separated by blanks, folders with a slash behind; new text.
 */
char *place_list(struct place *p, const char *name);

/* How many descriptors the process has open. */
size_t place_n_fds(void);

/* The i-th of some jobs, and its id as text. */
struct id place_job(unsigned i);
const char *place_job_text(unsigned i);

/* Open its folder as one of downloads. */
struct folder *place_open_folder(struct place *p, uint64_t quota);

/* Hold what place_list says against `want`. */
void place_check_list(struct place *p, const char *name, const char *want);
