/* Values that the store keeps beside jobs and results. Thread: any. */
#pragma once

#include "base/clock.h"
#include "model/chunk.h"
#include "model/file.h"
#include "model/job.h"

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

/* An ended job that was forgotten. */
struct retired_job {
	struct id id;
	enum job_kind kind;
	enum job_state state;
};

struct idempotency {
	uint8_t fingerprint[16];
	char *key; /* owned; NULL: none */
};
