/* Arguments and results of operations on schedules. Thread: any (one at a time). */
#pragma once

#include "base/buf.h"
#include "model/schedule.h"

/* A due time of a schedule that is served, or passed over. All before it must be served as the
 * schedule has it: so a due time is served once, whatever happens. */
struct due_time {
	usec_t served_until; /* as recurrence_stored said before; 0: a run beside the due times */
	usec_t next;         /* ... and says then */
	uint64_t n_skipped;  /* due times passed over */
};

/* What a block of results of a schedule's run changes in the log of the schedule. */
/* A saved file of another job. */
struct stale_file {
	struct id job;
	char *name; /* owned */
};

struct run_changes {
	int64_t schedule_no; /* 0: the job is nobody's run */
	struct id job;
	uint64_t after;    /* changes of this run lie behind this number */
	uint64_t n_before; /* by blocks before, as far as is known */
	uint64_t n, last;  /* out: changes now; the last number in the log when there are any */
	bool is_called;    /* out: the run has ended, and a callback tells of its changes */
	size_t n_stale;    /* out: files that are not kept any more, since there are later copies */
	struct stale_file *stale; /* owned */
};

void run_changes_done(struct run_changes *changes); /* frees the inside */

/* In: SCHEDULE_ADD all of it, out with its no; LOAD its id; the others its no. EDIT: `rule`,
 * updated_at and, where sets_due, served_until; applies to `revision` alone (else ERR_CONFLICT);
 * out: all of it. PASS: `due`, as STORE_SUBMIT. ERR_NOT_FOUND: there is none. */
struct schedule_write {
	struct schedule schedule; /* owned */
	bool sets_due;
	struct due_time due;
};

/* Those with an id below `before`. */
struct schedules_page {
	struct id before;
	char *name;                 /* owned; NULL: of any name */
	uint32_t limit, n;          /* n: out */
	struct schedule *schedules; /* owned, out */
	bool is_more;               /* out */
};

/* Changes behind `after`, as JSON with commas between them, or as events; outcomes of targets
 * behind `target`, as JSON. */
struct schedule_log {
	int64_t schedule_no;
	bool is_events;
	uint64_t after;
	struct buf target; /* owned; out: the last one's */
	uint32_t limit, n; /* n: out */
	uint64_t last;     /* out: read up to this number */
	bool is_more;      /* out */
	struct buf text;   /* owned, out */
};
