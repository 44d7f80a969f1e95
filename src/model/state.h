/* The states of a job and the moves between them.
 *
 *   queued ---> running ---> done
 *     |            |
 *     |            +-------> cancelled, failed
 *     +--------------------> done, cancelled, failed
 *
 * queued: acknowledged, nothing asked yet. running: at least one item begun. done: each item has
 * its result. cancelled: by the user; what was done stays. failed: its deadline came first, or its
 * input could not be read back; the job says which (job.h). After a crash a job is again what its
 * last commit said, and running jobs go on. Thread: any. */
#pragma once

#include <stdbool.h>

enum job_state { JOB_QUEUED, JOB_RUNNING, JOB_DONE, JOB_CANCELLED, JOB_FAILED, JOB_N_STATES };

const char *job_state_name(enum job_state state);
bool job_state_parse(const char *name, enum job_state *ret_state);
bool job_state_is_ended(enum job_state state);

/* Whether the diagram above has an arrow from `from` to `to`. */
bool job_state_may_move(enum job_state from, enum job_state to);
