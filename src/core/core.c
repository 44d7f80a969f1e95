/* Joins the rooms that work on jobs: what one of them has to tell a higher one goes by callbacks
 * that are handed over here. */
#include "core/core.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "callbacks/callbacks.h"
#include "jobs/context.h"
#include "schedules/schedules.h"

/* The commit of its end has put a row into the outbox. */
static void on_ended(struct live_job *live)
{
	if (live->job.callback_url != NULL)
		callbacks_wake(live->core->opts.callbacks);
}

static const struct live_events live_events = {.began = schedules_run_began,
    .noted = schedules_noted,
    .ended = on_ended,
    .left = schedules_run_ended};

void core_free(struct core *core)
{
	if (core == NULL)
		return;
	schedules_done(core);
	jobs_done(core);
	free(core);
}

struct core *core_new(const struct core_opts *opts)
{
	struct core *core = xcalloc(1, sizeof(*core));

	core->opts = *opts;
	core->events = &live_events;
	if (!jobs_init(core) || !schedules_init(core) || !jobs_recover(core)) {
		core_free(core);
		return NULL;
	}
	gauges_add(core);
	return core;
}

void core_set_limits(struct core *core, const struct core_opts *limits)
{
	core->opts.max_items = limits->max_items;
	core->opts.max_active = limits->max_active;
	core->opts.min_every = limits->min_every;
	core->opts.max_schedules = limits->max_schedules;
	jobs_set_retention(core, limits->retention, limits->max_store);
	jobs_limits_changed(core);
}

void core_set_flag_servers(struct core *core, const struct flag_server *servers, size_t n_servers)
{
	core->opts.flag_servers = servers;
	core->opts.n_flag_servers = n_servers;
}

void core_drain(struct core *core, loop_fn *on_drained, void *arg)
{
	jobs_drain(core, on_drained, arg);
}

bool core_is_draining(const struct core *core)
{
	return core->is_draining;
}

size_t core_in_flight(const struct core *core)
{
	return jobs_in_flight(core);
}

size_t core_n_active(const struct core *core)
{
	return core->n_in_place[PLACE_ACTIVE];
}

size_t core_n_live(const struct core *core)
{
	return HASH_COUNT(core->live);
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
