/* Places of live jobs: when a job may begin, until when it must have ended, and whether it is
 * paused. Times are wall times of the committed job, so they hold across a restart and when the
 * clock is set. */
#include "base/log.h"
#include "jobs/jobs_private.h"

static void expire(struct live_job *live)
{
	char id[ID_TEXT_SIZE];

	id_format(&live->job.id, id);
	log_info("deadline", "job=%s", id);
	live_stop(live, JOB_FAILED, JOB_REASON_DEADLINE);
}

static enum place place_of(const struct live_job *live, usec_t now)
{
	if (live->job.is_paused)
		return PLACE_PAUSED;
	/* a job that has begun goes on, even if the clock was set back before its run_at */
	if (live->job.state == JOB_QUEUED && live->job.run_at > now)
		return PLACE_LATER;
	return live->place == PLACE_ACTIVE ? PLACE_ACTIVE : PLACE_WAITING;
}

void places_update(struct live_job *live)
{
	struct agenda *agenda = &live->core->agenda;
	usec_t now = agenda_now(agenda);

	if (live->is_ending || job_state_is_ended(live->next_state)) {
		agenda_set(agenda, live, 0);
		return;
	}
	turns_move(live, place_of(live, now));
	if (live->job.deadline > 0 && live->job.deadline <= now) {
		agenda_set(agenda, live, 0);
		expire(live);
		return;
	}
	agenda_set(
	    agenda, live, live->place == PLACE_LATER ? live->job.run_at : live->job.deadline);
}

void places_begin(struct live_job *live)
{
	turns_add(live);
	places_update(live);
}
