/* Counts, before anything is asked, which registries the names of a job would be asked of. Thread:
 * loop. */
#pragma once

#include "model/registry_state.h"

struct registration;

/* The planner (model/registry_state.h); its argument is the struct registration. */
struct registry_planner plan_planner(struct registration *registration);
