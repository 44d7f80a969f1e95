/* The core's own life: start with what the store remembers, drain, end. */
#include "core/core.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metrics.h"
#include "core/core_private.h"

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

static double get_in_flight(void *arg)
{
	return (double)engine_in_flight(((struct core *)arg)->opts.engine);
}

static uint64_t not_begun(const struct run *run)
{
	return run->job.total - run->n_settled - run->n_items;
}

static double get_queue_length(void *arg)
{
	const struct core *core = arg;
	uint64_t n = 0;

	for (const struct run *run = core->runs; run != NULL; run = run->hh.next)
		n += not_begun(run);
	return (double)n;
}

static double get_oldest_age(void *arg)
{
	const struct core *core = arg;
	usec_t now = clock_wall(), oldest = now;

	for (const struct run *run = core->runs; run != NULL; run = run->hh.next) {
		if (not_begun(run) > 0 && run->job.created_at < oldest)
			oldest = run->job.created_at;
	}
	return (double)(now - oldest) / USEC_PER_SEC;
}

static double get_pending(void *arg)
{
	return (double)((struct core *)arg)->n_pending;
}

static void add_metrics(struct core *core)
{
	const char *kind = job_kind_name(KIND_DOMAINS);

	for (int i = 0; i < JOB_N_STATES; i++) {
		core->gauges[i] = (struct state_gauge){.core = core, .state = (enum job_state)i};
		metrics_getter(
		    METRIC_JOBS, get_jobs, &core->gauges[i], job_state_name((enum job_state)i));
	}
	for (int i = 0; i < ITEM_N_STATUSES; i++)
		core->items[i] =
		    metrics_cell(METRIC_ITEMS, kind, item_status_name((enum item_status)i));
	core->submitted = metrics_cell(METRIC_JOBS_SUBMITTED, kind);
	metrics_getter(METRIC_ITEMS_IN_FLIGHT, get_in_flight, core, kind);
	metrics_getter(METRIC_QUEUE_LENGTH, get_queue_length, core, kind);
	metrics_getter(METRIC_QUEUE_OLDEST, get_oldest_age, core, kind);
	metrics_getter(METRIC_STORE_RESULTS_PENDING, get_pending, core);
}

struct core *core_new(const struct core_opts *opts)
{
	struct core *core = xcalloc(1, sizeof(*core));

	core->opts = *opts;
	TAILQ_INIT(&core->waiting);
	TAILQ_INIT(&core->active);
	TAILQ_INIT(&core->ring);
	TAILQ_INIT(&core->dirty);
	TAILQ_INIT(&core->spare_items);
	sched_init(core);
	commit_init(core);
	for (int i = 0; i < JOB_N_STATES; i++)
		core->ended[i] = store_count(opts->store, (enum job_state)i);
	if (!recover_all(core)) {
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
	defer_cancel(&core->flush);
	while (core->runs != NULL)
		run_remove(core->runs);
	defer_cancel(&core->sched);
	while ((item = TAILQ_FIRST(&core->spare_items)) != NULL) {
		TAILQ_REMOVE(&core->spare_items, item, link);
		free(item);
	}
	free(core);
}

void core_drain(struct core *core, loop_fn *on_drained, void *arg)
{
	core->is_draining = true;
	core->on_drained = on_drained;
	core->on_drained_arg = arg;
	defer_start(&core->flush);
}

bool core_is_draining(const struct core *core)
{
	return core->is_draining;
}
