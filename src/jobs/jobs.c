/* The room's own life: start, drain, end. */
#include "jobs/jobs.h"

#include <stdlib.h>

#include "jobs/jobs_private.h"
#include "jobs/retention.h"

static const struct turn_hooks turn_hooks = {.begin = items_begin,
    .has_room = items_have_room,
    .begin_again = items_begin_again,
    .begin_suspect = items_begin_suspect,
    .on_event = items_on_event,
    .woken = items_wake_suspects};

/* The store has forgotten a job that ended long ago: what else was kept of it goes too. */
static void on_retired(const struct retired_job *job, void *arg)
{
	struct core *core = arg;

	core->ended[job->state]--;
	for (size_t i = 0; i < N_LANES; i++) {
		if ((lane_ops(core->rings[i].lane)->kinds >> job->kind & 1) != 0)
			lane_remove_job(core->rings[i].lane, &job->id);
	}
}

static void start_retention(struct core *core)
{
	const struct retention_opts opts = {.loop = core->opts.loop,
	    .store = core->opts.store,
	    .wall = clock_wall,
	    .on_retired = on_retired,
	    .arg = core};

	core->retention = retention_new(&opts);
	retention_set(core->retention, core->opts.retention, core->opts.max_store);
}

bool jobs_init(struct core *core)
{
	waiting_init(&core->waiting);
	TAILQ_INIT(&core->dirty);
	TAILQ_INIT(&core->spare_items);
	turns_init(core, &turn_hooks);
	commit_init(core);
	start_retention(core);
	for (int i = 0; i < JOB_N_STATES; i++)
		core->ended[i] = store_count(core->opts.store, (enum job_state)i);
	return agenda_init(&core->agenda, core->opts.loop, places_update) == OK;
}

void jobs_done(struct core *core)
{
	fetcher_set_on_removed(core->opts.fetcher, NULL, NULL);
	retention_free(core->retention);
	defer_cancel(&core->flush);
	timer_cancel(&core->pace);
	while (core->live != NULL)
		live_remove(core->live);
	turns_done(core);
	agenda_done(&core->agenda);
	for (uint32_t i = 0; i < core->n_item_table; i++)
		free(core->item_table[i]);
	free(core->item_table);
}

void jobs_drain(struct core *core, loop_fn *on_drained, void *arg)
{
	core->is_draining = true;
	retention_stop(core->retention);
	core->on_drained = on_drained;
	core->on_drained_arg = arg;
	defer_start(&core->flush);
}

void jobs_set_retention(struct core *core, usec_t retention, uint64_t max_store)
{
	retention_set(core->retention, retention, max_store);
}

void jobs_limits_changed(struct core *core)
{
	turns_kick(core);
}

size_t jobs_in_flight(const struct core *core)
{
	return turns_in_flight(core);
}
