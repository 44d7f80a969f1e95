/* From settled to committed. Results gather in their run's block while the store is busy with the
 * transaction before; then all that gathered goes into the next one. So a lone result is committed
 * at once, and many share one sync. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metrics.h"
#include "jobs/jobs_private.h"
#include "jobs/retention.h"

enum {
	COPY_MANY = 1000,     /* aliases that get their results in one transaction */
	BLOCK_MANY = 4000,    /* results of a run that wait no longer for more */
	BLOCK_BYTES = 1 << 20 /* likewise, bytes of them */
};

/* Time from one transaction to the next while more results are on their way. A sync makes the file
 * system write out what else is new, files just saved too, and costs the loop and the disk the same
 * whether it is for one result or for a thousand. */
#define PACE (20 * USEC_PER_MSEC)

/* Begin the next transaction, now or when it is due. */
static void schedule(struct core *core)
{
	if (core->n_puts > 0 || TAILQ_EMPTY(&core->dirty))
		return;
	usec_t due = core->is_urgent ? 0 : core->flushed_at + PACE - clock_mono();
	if (due <= 0)
		defer_start(&core->flush);
	else if (!timer_is_set(&core->pace))
		timer_start(&core->pace, due);
}

static void on_pace(void *arg)
{
	schedule(arg);
}

void commit_mark(struct run *run)
{
	struct core *core = run->core;

	if (!run->is_dirty)
		TAILQ_INSERT_TAIL(&core->dirty, run, dirt);
	run->is_dirty = true;
	/* nothing will come that is worth waiting for */
	if (run->n_items == 0 || run->n_block >= BLOCK_MANY || run->block.len >= BLOCK_BYTES ||
	    job_state_is_ended(run->next_state))
		core->is_urgent = true;
	schedule(core);
}

void commit_add(struct run *run, const struct lane_event *done)
{
	buf_add(&run->block, done->record, done->n_record);
	run->core->pending_bytes += done->n_record;
	run->n_block++;
	run->block_counts[done->status]++;
	run->n_settled++;
	run->core->n_pending++;
	run->n_denied += done->reason == REASON_DENIED_TARGET;
}

void run_stop(struct run *run, enum job_state state, enum job_reason reason)
{
	if (run->is_ending || job_state_is_ended(run->next_state))
		return;
	run_stop_items(run);
	run_set_next(run, state, reason);
	commit_mark(run);
}

/* All input was asked; what is left to do is to copy, or to end. */
static bool is_input_settled(const struct run *run)
{
	return run->is_all_claimed && TAILQ_EMPTY(&run->chunks) &&
	       !job_state_is_ended(run->next_state);
}

static void decide_end(struct run *run)
{
	if (!is_input_settled(run) || run->n_aliases > 0)
		return;
	if (run->n_settled == run->job.total) {
		run_set_next(run, JOB_DONE, JOB_REASON_NONE);
	} else {
		log_error("input_lost", "job_no=%lld", (long long)run->job.no);
		run_set_next(run, JOB_FAILED, JOB_REASON_INPUT_LOST);
	}
}

void run_finish(struct run *run, usec_t now)
{
	struct core *core = run->core;
	char id[ID_TEXT_SIZE];

	id_format(&run->job.id, id);
	job_set_state(&run->job, run->next_state, now);
	run->job.reason = run->next_reason;
	log_info("job_ended",
	    "job=%s kind=%s state=%s items=%llu good=%llu not_found=%llu error=%llu "
	    "denied=%llu elapsed_ms=%lld",
	    id, job_kind_name(run->job.kind), job_state_name(run->job.state),
	    (unsigned long long)run->job.completed,
	    (unsigned long long)(run->job.counts[ITEM_FOUND] + run->job.counts[ITEM_OK]),
	    (unsigned long long)run->job.counts[ITEM_NOT_FOUND],
	    (unsigned long long)run->job.counts[ITEM_ERROR], (unsigned long long)run->n_denied,
	    (long long)(job_elapsed(&run->job, now) / USEC_PER_MSEC));
	core->ended[run->job.state]++;
	core->events->ended(run);
	run_tell(run);
	run_remove(run);
}

/* Results are committed: now they count and show. */
static void count_results(
    struct run *run, uint64_t completed, const uint64_t counts[ITEM_N_STATUSES])
{
	run->job.completed = completed;
	for (int i = 0; i < ITEM_N_STATUSES; i++) {
		run->job.counts[i] += counts[i];
		if (counts[i] > 0)
			metric_add(run->core->items[run->job.kind][i], counts[i]);
	}
	run->job.rate = pace_update(&run->pace, clock_mono(), completed);
}

static void check_drained(struct core *core)
{
	if (!core->is_draining || core->on_drained == NULL || core->n_puts > 0 ||
	    !TAILQ_EMPTY(&core->dirty) || turns_in_flight(core) > 0)
		return;
	loop_fn *on_drained = core->on_drained;
	core->on_drained = NULL;
	on_drained(core->on_drained_arg);
}

/* The store gave a transaction's operation back; with the last of them the next transaction begins.
 */
static void op_ended(struct core *core)
{
	if (--core->n_puts == 0)
		schedule(core);
	if (core->n_puts == 0 && core->is_draining)
		defer_start(&core->flush);
}

static void on_put(struct store_op *op)
{
	struct run *run = op->arg;
	struct core *core = run->core;

	op_ended(core);
	core->n_pending -= op->u.put.n;
	core->pending_bytes -= op->u.put.block.len;
	if (op->err == OK)
		retention_grew(core->retention, op->u.put.block.len);
	if (!run->is_gone && op->err == OK) {
		count_results(run, op->u.put.completed, op->u.put.counts);
		if (run->job.schedule_no != 0)
			core->events->noted(run, &op->u.put.changes);
		if (job_state_is_ended(op->u.put.state))
			run_finish(run, op->u.put.finished_at);
		else
			run_tell(run);
	} else if (!run->is_gone && op->err == ERR_NOT_FOUND) {
		run_remove(run); /* it was deleted under us */
	}
	if (!run->is_gone) {
		commit_mark(run);
		turns_kick(core); /* too many results may have been pending */
	}
	run_op_done(run);
}

/* Chunks worked on before a crash may wait to be claimed again when all that were open are settled:
 * their results must be found once more should there be another crash. */
static uint64_t low_seq_of(const struct run *run)
{
	const struct open_chunk *oldest = TAILQ_FIRST(&run->chunks);

	if (oldest != NULL)
		return oldest->low_seq;
	return run->n_done > 0 ? run->low_seq : run->job.completed;
}

void commit_describe(const struct run *run, struct store_op *op)
{
	op->u.put.state = run->next_state;
	op->u.put.reason = run->next_reason;
	op->u.put.started_at = run->job.started_at;
	op->u.put.changes = (struct run_changes){.schedule_no = run->job.schedule_no,
	    .job = run->job.id,
	    .after = run->changes_after,
	    .n_before = run->n_changes};
}

static void start_put(struct run *run)
{
	struct core *core = run->core;
	struct store_op *op = store_op_new(STORE_PUT, on_put, run);

	op->job_no = run->job.no;
	op->u.put.n = run->n_block;
	op->u.put.block = run->block;
	buf_init(&run->block, SIZE_MAX / 2);
	for (int i = 0; i < ITEM_N_STATUSES; i++) {
		op->u.put.counts[i] = run->block_counts[i];
		run->block_counts[i] = 0;
	}
	op->u.put.n_chunks = run->n_finished_chunks;
	op->u.put.chunks = TAKE(run->finished_chunks);
	op->u.put.n_kept = run->n_kept_chunks;
	op->u.put.kept = TAKE(run->kept_chunks);
	op->u.put.is_watched = suspects_is_careful(core->opts.suspects);
	op->u.put.low_seq = low_seq_of(run);
	op->u.put.has_aliases = run->has_aliases;
	op->u.put.has_files = lane_ops(run_lane(run))->is_file;
	commit_describe(run, op);
	if (job_state_is_ended(run->next_state)) {
		op->u.put.finished_at = clock_wall();
		if (op->u.put.started_at == 0 && run->next_state == JOB_DONE)
			op->u.put.started_at = op->u.put.finished_at;
		run->is_ending = true;
	}
	run->n_block = 0;
	run->n_finished_chunks = run->n_kept_chunks = 0;
	run->n_ops++;
	core->n_puts++;
	store_start(core->opts.store, op);
}

void commit_results(struct run *run)
{
	if (run->n_block > 0 && !run->is_ending && run->n_cancels == 0)
		start_put(run);
}

void run_drop_results(struct run *run)
{
	lane_discard_block(run_lane(run), &run->job.id, &run->block);
}

static void on_copied(struct store_op *op)
{
	struct run *run = op->arg;

	op_ended(run->core);
	run->is_copying = false;
	if (!run->is_gone && op->err == OK) {
		if (op->u.copy.n > 0)
			count_results(run, op->u.copy.completed, op->u.copy.counts);
		run->n_settled += op->u.copy.n;
		/* none left although some should be: decide_end finds that the sum is wrong */
		run->n_aliases = op->u.copy.n > 0 ? run->n_aliases - op->u.copy.n : 0;
		run_tell(run);
	}
	if (!run->is_gone && op->err == ERR_DAMAGED) { /* the results to copy can't be read */
		log_error("results_lost", "job_no=%lld", (long long)run->job.no);
		run_stop(run, JOB_FAILED, JOB_REASON_INPUT_LOST);
	}
	if (!run->is_gone)
		commit_mark(run);
	run_op_done(run);
}

static void start_copy(struct run *run)
{
	struct store_op *op = store_op_new(STORE_COPY, on_copied, run);

	op->job_no = run->job.no;
	op->u.copy.max = COPY_MANY;
	run->is_copying = true;
	run->n_ops++;
	run->core->n_puts++;
	store_start(run->core->opts.store, op);
}

static void flush_run(struct run *run)
{
	if (run->n_cancels > 0)
		return; /* it is marked again if the store refuses */
	decide_end(run);
	if (run->is_ending)
		return;
	if (run->n_block > 0 || run->n_finished_chunks > 0 || run->n_kept_chunks > 0 ||
	    job_state_is_ended(run->next_state))
		start_put(run);
	else if (is_input_settled(run) && run->n_aliases > 0 && !run->is_copying)
		start_copy(run);
}

static void flush(void *arg)
{
	struct core *core = arg;
	struct run *run;

	if (core->n_puts > 0)
		return;
	core->is_urgent = false;
	core->flushed_at = clock_mono();
	while ((run = TAILQ_FIRST(&core->dirty)) != NULL) {
		TAILQ_REMOVE(&core->dirty, run, dirt);
		run->is_dirty = false;
		flush_run(run);
	}
	check_drained(core);
}

void commit_init(struct core *core)
{
	defer_init(&core->flush, core->opts.loop, flush, core);
	timer_init(&core->pace, core->opts.loop, on_pace, core);
}
