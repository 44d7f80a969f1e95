/* The core's own life: start with what the store remembers, drain, end. */
#include "core/core.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metrics.h"
#include "core/core_private.h"
#include "core/retention.h"

static double get_jobs(void *arg)
{
	const struct state_gauge *gauge = arg;
	double n = 0;

	if (job_state_is_ended(gauge->state))
		return (double)gauge->core->ended[gauge->state];
	for (const struct run *run = gauge->core->runs; run != NULL; run = run->hh.next)
		n += run->job.state == gauge->state;
	return n;
}

static double get_waiting(void *arg)
{
	const struct place_gauge *gauge = arg;

	return (double)gauge->core->n_in_place[gauge->place];
}

static double get_in_flight(void *arg)
{
	const struct kind_gauge *gauge = arg;
	uint64_t n = 0;

	for (const struct run *run = gauge->core->runs; run != NULL; run = run->hh.next)
		n += run->job.kind == gauge->kind ? run->n_items : 0;
	return (double)n;
}

static uint64_t not_begun(const struct run *run)
{
	return run->job.total - run->n_settled - run->n_items;
}

static double get_queue_length(void *arg)
{
	const struct kind_gauge *gauge = arg;
	uint64_t n = 0;

	for (const struct run *run = gauge->core->runs; run != NULL; run = run->hh.next)
		n += run->job.kind == gauge->kind ? not_begun(run) : 0;
	return (double)n;
}

static double get_oldest_age(void *arg)
{
	const struct kind_gauge *gauge = arg;
	usec_t now = clock_wall(), oldest = now;

	for (const struct run *run = gauge->core->runs; run != NULL; run = run->hh.next) {
		usec_t since =
		    run->job.created_at > run->job.run_at ? run->job.created_at : run->job.run_at;
		if (run->job.kind == gauge->kind && not_begun(run) > 0 && since < oldest &&
		    run->place != PLACE_PAUSED)
			oldest = since;
	}
	return (double)(now - oldest) / USEC_PER_SEC;
}

static double get_pending(void *arg)
{
	return (double)((struct core *)arg)->n_pending;
}

static void add_kind_metrics(struct core *core, enum job_kind kind)
{
	const char *name = job_kind_name(kind);
	struct kind_gauge *gauge = &core->kind_gauges[kind];

	*gauge = (struct kind_gauge){.core = core, .kind = kind};
	for (int i = 0; i < ITEM_N_STATUSES; i++) {
		if (job_kind_has_status(kind, (enum item_status)i))
			core->items[kind][i] =
			    metrics_cell(METRIC_ITEMS, name, item_status_name((enum item_status)i));
	}
	core->submitted[kind] = metrics_cell(METRIC_JOBS_SUBMITTED, name);
	metrics_getter(METRIC_ITEMS_IN_FLIGHT, get_in_flight, gauge, name);
	metrics_getter(METRIC_QUEUE_LENGTH, get_queue_length, gauge, name);
	metrics_getter(METRIC_QUEUE_OLDEST, get_oldest_age, gauge, name);
}

static void add_waiting_metrics(struct core *core)
{
	static const char *const names[] = {
	    [PLACE_LATER] = "time", [PLACE_PAUSED] = "resume", [PLACE_WAITING] = "place"};

	for (int i = PLACE_LATER; i < PLACE_ACTIVE; i++) {
		core->place_gauges[i] = (struct place_gauge){.core = core, .place = (enum place)i};
		metrics_getter(METRIC_JOBS_WAITING, get_waiting, &core->place_gauges[i], names[i]);
	}
}

static void add_metrics(struct core *core)
{
	for (int i = 0; i < JOB_N_STATES; i++) {
		core->gauges[i] = (struct state_gauge){.core = core, .state = (enum job_state)i};
		metrics_getter(
		    METRIC_JOBS, get_jobs, &core->gauges[i], job_state_name((enum job_state)i));
	}
	for (int i = 0; i < N_KINDS; i++)
		add_kind_metrics(core, (enum job_kind)i);
	add_waiting_metrics(core);
	metrics_getter(METRIC_STORE_RESULTS_PENDING, get_pending, core);
}

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
	add_metrics(core);
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
