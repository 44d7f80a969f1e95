/* A file being received: its bytes are gathered in the loop and written, hashed and at last named
 * by the offload pool. It appears under its name whole or not at all. Thread: loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/id.h"
#include "model/file_copy.h"

struct folder;
struct offload;
struct sink;

enum sink_state {
	SINK_OPEN, /* go on */
	SINK_BUSY, /* took nothing: go on after on_room */
	SINK_FULL, /* no room on the disk, or past the quota: it took nothing and never will */
};

enum sink_result { SINK_SAVED, SINK_BAD_DIGEST, SINK_FAILED, SINK_NO_COPY };

struct sink_outcome {
	enum sink_result result;
	int error;        /* errno of SINK_FAILED */
	const char *name; /* borrowed; under which it was saved */
	uint64_t n_bytes;
	uint8_t digest[FILE_DIGEST_SIZE];
};

struct sink_events {
	void (*on_room)(void *arg);
	/* Called once after sink_finish, never before it returned. The sink is dead then. */
	void (*on_done)(const struct sink_outcome *outcome, void *arg);
	void *arg;
};

/* Begin a file of a job. */
struct sink *sink_new(struct folder *folder, struct offload *offload, const struct id *job,
    const struct sink_events *events);

/* Make room at once for a body of this announced length; before the first bytes. */
void sink_expect(struct sink *sink, uint64_t n_bytes);

/* Add bytes (copied). */
enum sink_state sink_write(struct sink *sink, const char *bytes, size_t n_bytes);
uint64_t sink_size(const struct sink *sink);
int sink_error(const struct sink *sink); /* why it is SINK_FULL, an errno */

struct sink_naming {
	const char *name;   /* borrowed for the call */
	const char *second; /* borrowed; when not NULL, `name` may be another file's: then this */
	/* Any name may be another file's: numbers are put behind the second one until it is free,
	 * which is not NULL then. */
	bool never_replaces;
	const uint8_t *expected_digest; /* borrowed; NULL: any */
	/* Borrowed; NULL: none. If the content is the same, a hard link to this file is made.
	 */
	const struct file_copy *copy;
	bool is_unchanged; /* link the copy; SINK_NO_COPY if its file is missing */
};

/* All bytes are there: save them. */
void sink_finish(struct sink *sink, const struct sink_naming *naming);

/* Give the file up at any time before on_done, without a call; nothing of it stays. */
void sink_drop(struct sink *sink);
