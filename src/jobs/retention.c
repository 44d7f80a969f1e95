/* A look, which goes on from slice to slice:
 *
 *   sleeping --timer--> by age --none left--> by size --small enough--> sleeping
 *                        |  ^                  |   ^
 *                        v  |                  v   |
 *                    a slice of jobs       a slice of jobs, and when as many were
 *                                          forgotten as it takes: until they are swept
 */
#include "jobs/retention.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metrics.h"

enum { SLICE = 100 /* jobs that are forgotten in one transaction */ };

#define LONGEST_SLEEP (60 * USEC_PER_SEC)
#define SOON          USEC_PER_SEC
#define SWEEP_LOOK    (100 * USEC_PER_MSEC) /* between looks whether all is swept */
/* The pool removes the files of a slice. Pause for it, since others use the pool too. */
#define FILES_PAUSE (50 * USEC_PER_MSEC)

enum cause { BY_AGE, BY_SIZE, N_CAUSES };

static const char *const cause_names[N_CAUSES] = {"age", "size"};

struct retention {
	struct retention_opts opts;
	usec_t age;
	uint64_t max_size;
	struct timer timer;
	bool is_asking, is_soon, is_stopped;
	bool is_reducing;          /* the size was too big, and is not below nine tenths yet */
	uint64_t n_left;           /* bytes still to come free */
	uint64_t n_grown;          /* since the last look */
	uint64_t n_jobs[N_CAUSES]; /* in this look */
	struct metric_cell *counts[N_CAUSES];
};

static void look(void *arg);

static void set_timer(struct retention *r, usec_t time)
{
	if (r->is_stopped || (r->age == 0 && r->max_size == 0))
		timer_cancel(&r->timer);
	else
		timer_start(&r->timer, time);
}

static void sleep_again(struct retention *r)
{
	usec_t time = LONGEST_SLEEP;

	for (int i = 0; i < N_CAUSES; i++) {
		if (r->n_jobs[i] > 0)
			log_info("retention", "reason=%s jobs=%llu store_bytes=%llu",
			    cause_names[i], (unsigned long long)r->n_jobs[i],
			    (unsigned long long)store_size(r->opts.store).used);
		r->n_jobs[i] = 0;
	}
	r->is_soon = false;
	if (r->age > 0 && r->age < time)
		time = r->age > SOON ? r->age : SOON;
	set_timer(r, time);
}

/* All ended jobs are removed, and the database is still too big. */
static void give_up_size(struct retention *r)
{
	log_warning("retention_size", "store_bytes=%llu max_size=%llu ended_jobs=0",
	    (unsigned long long)store_size(r->opts.store).used, (unsigned long long)r->max_size);
	r->is_reducing = false;
	sleep_again(r);
}

static void look_at_size(struct retention *r);

static void on_answer(struct store_op *op)
{
	struct retention *r = op->arg;
	enum cause cause = op->u.retire.n_bytes > 0 ? BY_SIZE : BY_AGE;
	bool has_files = false;

	r->is_asking = false;
	for (uint32_t i = 0; op->err == OK && i < op->u.retire.n; i++) {
		const struct retired_job *job = &op->u.retire.jobs[i];
		has_files = has_files || job_kind_is_files(job->kind);
		r->opts.on_retired(job, r->opts.arg);
	}
	if (op->err != OK) {
		sleep_again(r); /* the store has said why */
		return;
	}
	r->n_jobs[cause] += op->u.retire.n;
	metric_add(r->counts[cause], op->u.retire.n);
	r->n_left -= op->u.retire.n_freed < r->n_left ? op->u.retire.n_freed : r->n_left;
	if (r->is_stopped)
		return;
	if (op->u.retire.is_more && (cause == BY_AGE || r->n_left > 0)) {
		if (has_files)
			set_timer(r, FILES_PAUSE);
		else
			look(r);
	} else if (cause == BY_SIZE && op->u.retire.n == 0) {
		give_up_size(r);
	} else {
		look_at_size(r);
	}
}

static void ask(struct retention *r, usec_t before, uint64_t n_bytes)
{
	struct store_op *op = store_op_new(STORE_RETIRE, on_answer, r);

	op->u.retire.before = before;
	op->u.retire.n_bytes = n_bytes;
	op->u.retire.max = SLICE;
	r->is_asking = true;
	store_start(r->opts.store, op);
}

static void look_at_size(struct retention *r)
{
	uint64_t used = store_size(r->opts.store).used, goal = r->max_size / 10 * 9;

	if (r->max_size == 0 || used <= (r->is_reducing ? goal : r->max_size)) {
		r->is_reducing = false;
		r->n_left = 0;
		sleep_again(r);
	} else if (r->n_left > 0) {
		ask(r, CLOCK_WALL_MAX, r->n_left);
	} else if (store_has_chores(r->opts.store)) {
		set_timer(r, SWEEP_LOOK);
	} else {
		r->is_reducing = true;
		r->n_left = used - goal;
		ask(r, CLOCK_WALL_MAX, r->n_left);
	}
}

static void look(void *arg)
{
	struct retention *r = arg;

	if (r->is_asking || r->is_stopped)
		return;
	r->n_grown = 0;
	if (r->age > 0 && !r->is_reducing)
		ask(r, r->opts.wall() - r->age, 0);
	else
		look_at_size(r);
}

void retention_set(struct retention *r, usec_t age, uint64_t max_size)
{
	r->age = age;
	r->max_size = max_size;
	r->is_reducing = false;
	r->n_left = 0;
	r->is_soon = true;
	if (!r->is_asking)
		set_timer(r, SOON);
}

void retention_grew(struct retention *r, uint64_t n_bytes)
{
	enum { SHARE = 20 }; /* of the limit, by which it may be passed */

	r->n_grown += n_bytes;
	if (r->max_size == 0 || r->n_grown < r->max_size / SHARE || r->is_soon || r->is_asking ||
	    r->is_reducing)
		return;
	r->is_soon = true;
	set_timer(r, SOON);
}

void retention_stop(struct retention *r)
{
	r->is_stopped = true;
	timer_cancel(&r->timer);
}

struct retention *retention_new(const struct retention_opts *opts)
{
	struct retention *r = xcalloc(1, sizeof(*r));

	r->opts = *opts;
	timer_init(&r->timer, opts->loop, look, r);
	for (int i = 0; i < N_CAUSES; i++)
		r->counts[i] = metrics_cell(METRIC_RETENTION_JOBS, cause_names[i]);
	return r;
}

void retention_free(struct retention *r)
{
	if (r == NULL)
		return;
	timer_cancel(&r->timer);
	free(r);
}
