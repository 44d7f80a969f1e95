/* The life-time of a job: when it may begin, until when it must have ended, and whether it is
 * paused. Times are those of the wall clock and of the job as committed, so they hold across a
 * restart and when the clock is set. */
#include "base/log.h"
#include "jobs/jobs_private.h"

static void expire(struct run *run)
{
	char id[ID_TEXT_SIZE];

	id_format(&run->job.id, id);
	log_info("deadline", "job=%s", id);
	run_stop(run, JOB_FAILED, JOB_REASON_DEADLINE);
}

static enum place place_of(const struct run *run, usec_t now)
{
	if (run->job.is_paused)
		return PLACE_PAUSED;
	/* one that has begun goes on, even if the clock was set back behind its time */
	if (run->job.state == JOB_QUEUED && run->job.run_at > now)
		return PLACE_LATER;
	return run->place == PLACE_ACTIVE ? PLACE_ACTIVE : PLACE_WAITING;
}

void life_update(struct run *run)
{
	struct agenda *agenda = &run->core->agenda;
	usec_t now = agenda_now(agenda);

	if (run->is_ending || job_state_is_ended(run->next_state)) {
		agenda_set(agenda, run, 0);
		return;
	}
	turns_move(run, place_of(run, now));
	if (run->job.deadline > 0 && run->job.deadline <= now) {
		agenda_set(agenda, run, 0);
		expire(run);
		return;
	}
	agenda_set(agenda, run, run->place == PLACE_LATER ? run->job.run_at : run->job.deadline);
}

void life_begin(struct run *run)
{
	turns_add(run);
	life_update(run);
}
