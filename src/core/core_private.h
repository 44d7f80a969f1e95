/* Inside core: the struct itself. Thread: loop. */
#pragma once

#include "core/agenda.h"
#include "core/gauges.h"
#include "core/run.h"

/* What carries out items, and the runs that wait to begin some there. */
enum lane { LANE_DNS, LANE_FILES, N_LANES };

static inline enum lane run_lane(const struct run *run)
{
	return job_kind_is_files(run->job.kind) ? LANE_FILES : LANE_DNS;
}

struct ring {
	struct core *core;
	enum lane lane;
	struct run_list runs;
	struct defer serve;
};

/* How items begin; items.c, called by turns.c. */
struct turn_hooks {
	bool (*begin)(struct run *run); /* one item; false: it may not begin any now */
	/* the suspect item that is noted, if it is one of the lane and may begin now: whether it
	 * did */
	bool (*begin_suspect)(struct core *core, enum lane lane);
	void (*woken)(struct run *run); /* its suspect items may stand in line */
};

/* What others want to know of runs; they are called by run.c and commit.c. */
struct run_events {
	void (*began)(struct run *run);
	void (*noted)(struct run *run, const struct run_changes *changes); /* by a commit */
	void (*left)(struct run *run); /* it ended, was deleted, or the core goes away */
};

struct core {
	struct core_opts opts;
	const struct turn_hooks *turn_hooks; /* borrowed, and so is the next */
	const struct run_events *events;
	struct schedules *schedules;
	struct run *runs; /* hash by id */
	struct agenda agenda;
	struct waiting waiting;
	struct item *noted; /* a suspect one that is to begin now */
	struct run_list dirty;
	struct ring rings[N_LANES];
	uint32_t n_in_place[N_PLACES]; /* runs; see turns_move */
	TAILQ_HEAD(, item) spare_items;
	struct defer flush;
	struct timer pace;  /* until the next transaction is due */
	usec_t flushed_at;  /* when the last one began */
	bool is_urgent;     /* the next one is not to wait */
	unsigned n_puts;    /* operations with results that the store has */
	uint64_t n_pending; /* results settled and not committed */
	uint64_t ended[JOB_N_STATES];
	bool is_draining;
	struct retention *retention; /* owned */
	loop_fn *on_drained;
	void *on_drained_arg;
	struct metric_cell *items[N_KINDS][ITEM_N_STATUSES], *submitted[N_KINDS];
	struct gauges gauges;
};

/* schedules.c */
bool schedules_init(struct core *core); /* before recover_all; false: they can't be read */
void schedules_done(struct core *core);
void schedules_run_began(struct run *run);
void schedules_run_ended(struct run *run);
void schedules_noted(struct run *run, const struct run_changes *changes); /* by a commit */
