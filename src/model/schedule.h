/* A schedule as a value: when its job is to run, and what became of that. Thread: any (one at a
 * time). */
#pragma once

#include <stdint.h>

#include "base/id.h"
#include "model/recurrence.h"
#include "model/result.h"
#include "model/state.h"

/* Stored as numbers, like enum catch_up: add at the end. */
enum schedule_overlap { OVERLAP_SKIP, OVERLAP_QUEUE, OVERLAP_REPLACE, N_OVERLAPS };

const char *schedule_overlap_name(enum schedule_overlap overlap);
bool schedule_overlap_parse(const char *name, enum schedule_overlap *ret_overlap);
const char *schedule_catch_up_name(enum catch_up catch_up);
bool schedule_catch_up_parse(const char *name, enum catch_up *ret_catch_up);

enum {
	SCHEDULE_MAX_NAME = 200,    /* bytes */
	SCHEDULE_MAX_JOB = 1 << 20, /* bytes */
	SCHEDULE_NEXT_RUNS = 10,    /* shown */
};

/* All texts are owned. What a client may set: */
struct schedule_rule {
	char *name;  /* NULL: none */
	char *every; /* a duration; NULL: there is `cron` */
	char *cron;
	char *zone;
	char *jitter; /* a duration; NULL: not given */
	enum schedule_overlap overlap;
	enum catch_up catch_up;
	bool is_paused;
	char *callback_url; /* NULL: none */
	char *job;          /* a submission, as JSON; NULL: not read */
};

struct schedule {
	struct id id;
	int64_t no;        /* the store's number for it */
	uint64_t revision; /* counts changes of `rule`, from 1 */
	struct schedule_rule rule;
	usec_t created_at, updated_at; /* wall */
	usec_t served_until;           /* what recurrence_stored said last; 0: it is paused */
	usec_t last;                   /* when a run began last, wall; 0: never */
	struct id last_job;            /* none: never */
	enum job_state last_state;     /* of that job */
	uint64_t runs, skipped;        /* due times served, and passed over */
	uint64_t changes;              /* last number in the log of changes */
};

void schedule_rule_done(struct schedule_rule *rule); /* frees the inside */
struct schedule_rule schedule_rule_copy(const struct schedule_rule *rule);
void schedule_done(struct schedule *schedule); /* frees the inside */

/* Return the interval, 0 for a cron expression. */
usec_t schedule_every(const struct schedule_rule *rule);

/* Return the given or default jitter. */
usec_t schedule_jitter(const struct schedule_rule *rule);

/* Read when it is due; opens a zone, which is the caller's then, where there is an expression. The
 * offset is left at 0. False with the name of the field that is wrong, a literal, and why. */
bool schedule_read_recurrence(const struct schedule_rule *rule, struct recurrence *ret_recurrence,
    const char **ret_field, char ret_fault[static CRON_FAULT_SIZE]);

/* What a target's result comes down to; texts are borrowed. */
struct finding {
	enum item_status status;
	enum reason reason;
	const char *value; /* sorted addresses, or records, or the digest of a file; "" when there
			      is none */
};

enum { FINDING_VALUE_SIZE = RESULT_MAX_ADDRESSES * ADDRESS_TEXT_SIZE };

/* Make the outcome of a result; its value stands in `value`. */
struct finding finding_of(const struct result *r, char value[static FINDING_VALUE_SIZE]);

/* Return what the result is about: the domain, the code or the URL; borrowed from `r`. */
struct span finding_target(const struct result *r);

/* A change of a target's outcome. */
struct change {
	uint64_t seq; /* from 1 */
	usec_t at;    /* wall */
	struct id job;
	struct span target;
	struct finding from, to;
};
