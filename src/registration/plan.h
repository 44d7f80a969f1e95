/* Counts, before anything is asked, which registries the names of a job would be asked of. Thread:
 * loop. */
#pragma once

#include "model/registry_state.h"

struct rdap_client;
struct registration;

struct plan_parts {
	const struct registration *registration; /* borrowed, both */
	struct rdap_client *rdap;
};

/* The planner (model/registry_state.h) of these parts, which outlive it. */
struct registry_planner plan_planner(struct plan_parts *parts);
