/* Inside jobs: what the core's gauges need. All getters of a scrape share one walk over live jobs.
 * Thread: loop. */
#pragma once

#include "jobs/live.h"

struct state_gauge {
	struct core *core;
	enum job_state state;
};

struct place_gauge {
	const struct core *core;
	enum place place;
};

struct kind_gauge {
	struct core *core;
	enum job_kind kind;
};

struct tally {
	unsigned long scrape; /* of which it is */
	usec_t at;            /* wall */
	uint64_t n_jobs[JOB_N_STATES];
	struct {
		uint64_t n_in_flight, n_not_begun; /* items */
		usec_t oldest_age;                 /* of those that may begin; 0: none */
	} kinds[N_KINDS];
};

struct gauges {
	struct state_gauge states[JOB_N_STATES];
	struct place_gauge places[N_PLACES];
	struct kind_gauge kinds[N_KINDS];
	struct tally tally;
};

/* Register all metrics of the core: its gauges, and the cells of items and jobs. */
void gauges_add(struct core *core);
