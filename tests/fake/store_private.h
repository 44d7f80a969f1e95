/* The store in memory as its own files see it. */
#pragma once

#include "store.h"

enum { MAX_JOBS = 1200, N_VERBS = STORE_OUTBOX + 1 };

STAILQ_HEAD(op_list, store_op);

struct store {
	struct defer turn;
	struct op_list ops;
	bool is_holding, is_holding_reads;
	enum err write_error, read_error, verb_errors[N_VERBS];
	struct store_size size;
	bool has_chores;
	size_t n_jobs, n_done[N_VERBS];
	struct fake_job jobs[MAX_JOBS];
	struct fake_outbox outbox;
	struct fake_schedules schedules;
	struct fake_watched watched;
};

/* The job of a number; NULL for 0. */
struct fake_job *fake_store_job_of(struct store *store, int64_t no);
