/* The core's own life: start with what the store remembers, drain, end. */
#include "core/core.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "core/core_private.h"
#include "core/retention.h"

/* The store has forgotten a job that ended long ago: what else was kept of it goes too. */
static void on_retired(const struct retired_job *job, void *arg)
{
	struct core *core = arg;

	core->ended[job->state]--;
	if (job_kind_is_files(job->kind))
		fetcher_remove(core->opts.fetcher, &job->id);
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

struct core *core_new(const struct core_opts *opts)
{
	struct core *core = xcalloc(1, sizeof(*core));

	core->opts = *opts;
	waiting_init(&core->waiting);
	TAILQ_INIT(&core->dirty);
	TAILQ_INIT(&core->spare_items);
	sched_init(core);
	commit_init(core);
	start_retention(core);
	for (int i = 0; i < JOB_N_STATES; i++)
		core->ended[i] = store_count(opts->store, (enum job_state)i);
	if (agenda_init(&core->agenda, opts->loop, life_update) != OK || !schedules_init(core) ||
	    !recover_all(core)) {
		core_free(core);
		return NULL;
	}
	gauges_add(core);
	return core;
}

void core_free(struct core *core)
{
	struct item *item;

	if (core == NULL)
		return;
	fetcher_set_on_removed(core->opts.fetcher, NULL, NULL);
	retention_free(core->retention);
	defer_cancel(&core->flush);
	timer_cancel(&core->pace);
	schedules_done(core);
	while (core->runs != NULL)
		run_remove(core->runs);
	sched_done(core);
	agenda_done(&core->agenda);
	while ((item = TAILQ_FIRST(&core->spare_items)) != NULL) {
		TAILQ_REMOVE(&core->spare_items, item, link);
		free(item);
	}
	free(core);
}

void core_set_limits(struct core *core, uint64_t max_items, uint32_t max_active)
{
	core->opts.max_items = max_items;
	core->opts.max_active = max_active;
	sched_kick(core);
}

void core_set_retention(struct core *core, usec_t retention, uint64_t max_store)
{
	retention_set(core->retention, retention, max_store);
}

void core_set_schedule_limits(struct core *core, usec_t min_every, uint32_t max_schedules)
{
	core->opts.min_every = min_every;
	core->opts.max_schedules = max_schedules;
}

void core_set_flag_servers(struct core *core, const struct flag_server *servers, size_t n_servers)
{
	core->opts.flag_servers = servers;
	core->opts.n_flag_servers = n_servers;
}

void core_drain(struct core *core, loop_fn *on_drained, void *arg)
{
	core->is_draining = true;
	retention_stop(core->retention);
	core->on_drained = on_drained;
	core->on_drained_arg = arg;
	defer_start(&core->flush);
}

bool core_is_draining(const struct core *core)
{
	return core->is_draining;
}

size_t core_in_flight(const struct core *core)
{
	return sched_in_flight(core);
}

size_t core_n_active(const struct core *core)
{
	return core->n_in_place[PLACE_ACTIVE];
}

size_t core_n_live(const struct core *core)
{
	return HASH_COUNT(core->runs);
}

int core_open_file(const struct core *core, const struct id *job, const char *name)
{
	return fetcher_open_file(core->opts.fetcher, job, name);
}

bool core_has_folder(const struct core *core)
{
	return fetcher_is_there(core->opts.fetcher);
}

void core_look(const struct core *core)
{
	fetcher_look(core->opts.fetcher);
}
