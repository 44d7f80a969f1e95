/* Schedules: a JSON body, or a merge patch (RFC 7396) on a rule, to a rule; and schedules as JSON.
 * As strict as submissions: an unknown field, a wrong type or a value out of bounds is a fault with
 * a pointer to it. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "model/schedule.h"
#include "wire/problem.h"

/* Read a schedule, or with `base` a patch of that rule. Fills the rule, and when it is due, whose
 * zone is the caller's then. The job is judged as far as it concerns schedules; that it is a
 * submission is for others to see. `min_every`: of intervals. False with `p` filled: 400 when it is
 * not JSON, 422 when it is not a schedule. */
bool schedule_parse(const char *body, size_t len, const struct schedule_rule *base,
    usec_t min_every, struct schedule_rule *ret_rule, struct recurrence *ret_recurrence,
    struct problem *p);

/* Facts about a schedule that are not stored with it. */
struct schedule_facts {
	bool is_running;
	enum job_state last_state; /* when it has a last job */
	size_t n_times;            /* the next due times; the first is next_run_at */
	const usec_t *times;       /* borrowed */
	bool has_next_runs;        /* tell them all */
};

/* Add a schedule, with its job, as an object. */
void schedule_add_json(
    struct buf *b, const struct schedule *schedule, const struct schedule_facts *facts);
