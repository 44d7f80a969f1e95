/* A job as a value: what the API shows and the store keeps. Its state changes by job_set_state
 * alone. Thread: any (one at a time). */
#pragma once

#include <stdint.h>

#include "base/clock.h"
#include "base/id.h"
#include "model/result.h"
#include "model/spec.h"
#include "model/state.h"

/* Why a job ended otherwise than done or cancelled. Stored as numbers: add at the end. */
enum job_reason { JOB_REASON_NONE, JOB_REASON_DEADLINE, JOB_REASON_INPUT_LOST, JOB_N_REASONS };

/* NULL for JOB_REASON_NONE. */
const char *job_reason_name(enum job_reason reason);

struct job {
	struct id id;
	int64_t no; /* the store's number for it */
	enum job_kind kind;
	enum job_check check;
	enum job_state state;
	struct job_params params;
	char *label;    /* owned; NULL when none */
	bool is_paused; /* never of an ended one */
	enum job_reason reason;
	usec_t run_at, deadline; /* wall; 0: none */
	char *callback_url;      /* owned; NULL when none */
	int64_t schedule_no;     /* whose run it is; 0: none's */
	struct id schedule_id;   /* zero: none; it outlives the schedule */
	struct id retry_of;      /* zero: none */
	uint64_t total;
	uint64_t completed; /* results committed; also the last sequence number */
	uint64_t counts[ITEM_N_STATUSES];
	usec_t created_at, started_at, finished_at; /* wall; 0: not yet */
	double rate;                                /* results a second lately; 0: unknown */
};

void job_done(struct job *job); /* frees the inside */
struct job job_copy(const struct job *job);

/* Move to `state` at wall time `now`, noting when it started and finished. The move must be legal
 * (state.h). */
void job_set_state(struct job *job, enum job_state state, usec_t now);

/* How many items failed (item_status_is_failure). */
uint64_t job_failed(const struct job *job);

/* Time worked on so far, or in all when ended. */
usec_t job_elapsed(const struct job *job, usec_t now);

/* Time left at the current rate; -1 if unknown. */
usec_t job_eta(const struct job *job);
