/* The core's metrics. */
#include "jobs/gauges.h"

#include "base/metrics.h"
#include "jobs/context.h"

static void tally_job(struct tally *t, const struct live_job *live)
{
	const struct job *job = &live->job;
	uint64_t n_not_begun = job->total - live->n_settled - live->n_items;
	usec_t age = t->at - (job->created_at > job->run_at ? job->created_at : job->run_at);

	t->n_jobs[job->state]++;
	t->kinds[job->kind].n_in_flight += live->n_items;
	t->kinds[job->kind].n_not_begun += n_not_begun;
	if (n_not_begun > 0 && live->place != PLACE_PAUSED && age > t->kinds[job->kind].oldest_age)
		t->kinds[job->kind].oldest_age = age;
}

/* There may be many live jobs, so the getters of one scrape share one walk. */
static const struct tally *get_tally(struct core *core)
{
	struct tally *t = &core->gauges.tally;

	if (t->scrape == metrics_n_scrapes())
		return t;
	*t = (struct tally){.scrape = metrics_n_scrapes(), .at = clock_wall()};
	for (const struct live_job *live = core->live; live != NULL; live = live->hh.next)
		tally_job(t, live);
	return t;
}

static double get_jobs(void *arg)
{
	const struct state_gauge *gauge = arg;

	return job_state_is_ended(gauge->state)
		   ? (double)gauge->core->ended[gauge->state]
		   : (double)get_tally(gauge->core)->n_jobs[gauge->state];
}

METRIC_GETTER(get_waiting, struct place_gauge, self->core->n_in_place[self->place])
METRIC_GETTER(
    get_in_flight, struct kind_gauge, get_tally(self->core)->kinds[self->kind].n_in_flight)
METRIC_GETTER(
    get_queue_length, struct kind_gauge, get_tally(self->core)->kinds[self->kind].n_not_begun)

static double get_oldest_age(void *arg)
{
	const struct kind_gauge *gauge = arg;
	const struct tally *tally = get_tally(gauge->core);

	return (double)tally->kinds[gauge->kind].oldest_age / USEC_PER_SEC;
}

METRIC_GETTER(get_pending, struct core, self->n_pending)

static bool can_end_so(enum job_kind kind, enum item_status status)
{
	for (int check = 0; check < N_CHECKS; check++) {
		if (job_has_status(kind, (enum job_check)check, status))
			return true;
	}
	return false;
}

static void add_kind_metrics(struct core *core, enum job_kind kind)
{
	const char *name = job_kind_name(kind);
	struct kind_gauge *gauge = &core->gauges.kinds[kind];

	*gauge = (struct kind_gauge){.core = core, .kind = kind};
	for (int i = 0; i < ITEM_N_STATUSES; i++) {
		if (can_end_so(kind, (enum item_status)i))
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
		core->gauges.places[i] = (struct place_gauge){.core = core, .place = (enum place)i};
		metrics_getter(METRIC_JOBS_WAITING, get_waiting, &core->gauges.places[i], names[i]);
	}
}

void gauges_add(struct core *core)
{
	for (int i = 0; i < JOB_N_STATES; i++) {
		core->gauges.states[i] =
		    (struct state_gauge){.core = core, .state = (enum job_state)i};
		metrics_getter(METRIC_JOBS, get_jobs, &core->gauges.states[i],
		    job_state_name((enum job_state)i));
	}
	for (int i = 0; i < N_KINDS; i++)
		add_kind_metrics(core, (enum job_kind)i);
	add_waiting_metrics(core);
	metrics_getter(METRIC_STORE_RESULTS_PENDING, get_pending, core);
}
