/* The table of moves and the names of states. */
#include "model/state.h"

#include "base/str.h"

static const char *const names[JOB_N_STATES] = {[JOB_QUEUED] = "queued",
    [JOB_RUNNING] = "running",
    [JOB_DONE] = "done",
    [JOB_CANCELLED] = "cancelled",
    [JOB_FAILED] = "failed"};

static const bool moves[JOB_N_STATES][JOB_N_STATES] = {
    [JOB_QUEUED] =
	{[JOB_RUNNING] = true, [JOB_DONE] = true, [JOB_CANCELLED] = true, [JOB_FAILED] = true},
    [JOB_RUNNING] = {[JOB_DONE] = true, [JOB_CANCELLED] = true, [JOB_FAILED] = true},
};

STR_DEFINE_NAMES(job_state, enum job_state, names)

bool job_state_is_ended(enum job_state state)
{
	return state == JOB_DONE || state == JOB_CANCELLED || state == JOB_FAILED;
}

bool job_state_may_move(enum job_state from, enum job_state to)
{
	return moves[from][to];
}
