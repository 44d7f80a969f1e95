/* Values that the store keeps beside jobs and results. Thread: any. */
#pragma once

#include "base/clock.h"
#include "model/chunk.h"
#include "model/file.h"
#include "model/schedule.h"

/* An item whose name another item of the job has too: it is not asked, its result is copied from
 * item `first`. */
struct alias {
	uint32_t index, first;
};

/* A saved file as it is told to clients. */
struct stored_file {
	char *name, *content_type; /* owned; content_type NULL: the origin said none */
	uint64_t n_bytes;
	usec_t saved_at; /* wall */
	uint8_t digest[FILE_DIGEST_SIZE];
};

/* A chunk as stored: `no` counts from 0 within the job. */
struct stored_chunk {
	uint32_t no;
	struct chunk chunk;
};

/* A due time of a schedule that is served, or passed over. All before it must be settled as the
 * schedule has it: so a due time is served once, whatever happens. */
struct due_time {
	usec_t settled;     /* as recurrence_stored said before; 0: a run beside the due times */
	usec_t next;        /* ... and says then */
	uint64_t n_skipped; /* due times passed over */
};

struct idempotency {
	uint8_t fingerprint[16];
	char *key; /* owned; NULL: none */
};
