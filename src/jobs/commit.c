/* From settled to committed. Results gather in their job's block while the store is busy with the
 * previous transaction, and go into the next one together. So a lone result is committed at once,
 * and many share one sync. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metrics.h"
#include "jobs/jobs_private.h"
#include "jobs/retention.h"

enum {
	COPY_MANY = 1000,     /* aliases that get their results in one transaction */
	BLOCK_MANY = 4000,    /* results of a job that are not held back for more */
	BLOCK_BYTES = 1 << 20 /* likewise, bytes of them */
};

/* Time between transactions while more results are on their way. A sync costs the same for one
 * result as for a thousand, and makes the file system write out other new data, such as files just
 * saved. */
#define PACE (20 * USEC_PER_MSEC)

/* The same where files go to the disk first: that keeps those who save files waiting. */
#define SYNC_PACE (100 * USEC_PER_MSEC)

/* Begin the next transaction, now or when it is due. */
static void schedule(struct core *core)
{
	if (core->n_puts > 0 || TAILQ_EMPTY(&core->dirty))
		return;
	usec_t due = core->is_urgent ? 0 : core->flushed_at + core->commit_pace - clock_mono();
	if (due <= 0)
		defer_start(&core->flush);
	else if (!timer_is_set(&core->pace))
		timer_start(&core->pace, due);
}

static void on_pace(void *arg)
{
	schedule(arg);
}

void commit_mark(struct live_job *live)
{
	struct core *core = live->core;

	if (!live->is_dirty)
		TAILQ_INSERT_TAIL(&core->dirty, live, dirt);
	live->is_dirty = true;
	/* no further result is worth waiting for */
	if (live->n_items == 0 || live->n_block >= BLOCK_MANY || live->block.len >= BLOCK_BYTES ||
	    job_state_is_ended(live->next_state))
		core->is_urgent = true;
	schedule(core);
}

void commit_add(struct live_job *live, const struct lane_event *done)
{
	buf_add(&live->block, done->record, done->n_record);
	live->core->pending_bytes += done->n_record;
	live->n_block++;
	live->block_counts[done->status]++;
	live->n_settled++;
	live->core->n_pending++;
	live->n_denied += done->reason == REASON_DENIED_TARGET;
}

void live_stop(struct live_job *live, enum job_state state, enum job_reason reason)
{
	if (live->is_ending || job_state_is_ended(live->next_state))
		return;
	live_stop_items(live);
	live_set_next(live, state, reason);
	commit_mark(live);
}

/* All items are settled. What is left is to copy results of aliases, or to end. */
static bool is_input_settled(const struct live_job *live)
{
	return live->is_all_claimed && TAILQ_EMPTY(&live->chunks) &&
	       !job_state_is_ended(live->next_state);
}

static void decide_end(struct live_job *live)
{
	if (!is_input_settled(live) || live->n_aliases > 0)
		return;
	if (live->n_settled == live->job.total) {
		live_set_next(live, JOB_DONE, JOB_REASON_NONE);
	} else {
		log_error("input_lost", "job_no=%lld", (long long)live->job.no);
		live_set_next(live, JOB_FAILED, JOB_REASON_INPUT_LOST);
	}
}

void live_finish(struct live_job *live, usec_t now)
{
	struct core *core = live->core;
	char id[ID_TEXT_SIZE];

	id_format(&live->job.id, id);
	job_set_state(&live->job, live->next_state, now);
	live->job.reason = live->next_reason;
	log_info("job_ended",
	    "job=%s kind=%s state=%s items=%llu good=%llu not_found=%llu error=%llu "
	    "denied=%llu elapsed_ms=%lld",
	    id, job_kind_name(live->job.kind), job_state_name(live->job.state),
	    (unsigned long long)live->job.completed,
	    (unsigned long long)(live->job.counts[ITEM_FOUND] + live->job.counts[ITEM_OK]),
	    (unsigned long long)live->job.counts[ITEM_NOT_FOUND],
	    (unsigned long long)live->job.counts[ITEM_ERROR], (unsigned long long)live->n_denied,
	    (long long)(job_elapsed(&live->job, now) / USEC_PER_MSEC));
	core->ended[live->job.state]++;
	core->events->ended(live);
	live_tell(live);
	live_remove(live);
}

/* Results are committed: now they count and show. */
static void count_results(
    struct live_job *live, const struct job_totals *totals, const uint64_t counts[ITEM_N_STATUSES])
{
	live->job.completed = totals->completed;
	for (int i = 0; i < ITEM_N_STATUSES; i++) {
		live->job.counts[i] = totals->counts[i];
		if (counts[i] > 0)
			metric_add(live->core->items[live->job.kind][i], counts[i]);
	}
	live->job.rate = pace_update(&live->pace, clock_mono(), totals->completed);
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

/* The store returned an operation of a transaction. After the last one the next transaction begins.
 */
static void op_ended(struct core *core)
{
	if (--core->n_puts == 0)
		schedule(core);
	if (core->n_puts == 0 && core->is_draining)
		defer_start(&core->flush);
}

/* Later copies are committed: those before go. */
static void remove_stale(struct core *core, const struct run_changes *changes)
{
	for (size_t i = 0; i < changes->n_stale; i++)
		fetcher_remove_file(
		    core->opts.fetcher, &changes->stale[i].job, changes->stale[i].name);
}

static void on_put(struct store_op *op)
{
	struct live_job *live = op->arg;
	struct core *core = live->core;

	op_ended(core);
	core->n_pending -= op->u.put.n;
	core->pending_bytes -= op->u.put.block.len;
	if (op->err == OK) {
		retention_grew(core->retention, op->u.put.block.len);
		remove_stale(core, &op->u.put.changes);
	}
	if (!live->is_gone && op->err == OK) {
		count_results(live, &op->u.put.totals, op->u.put.counts);
		if (live->job.schedule_no != 0)
			core->events->noted(live, &op->u.put.changes);
		if (job_state_is_ended(op->u.put.state))
			live_finish(live, op->u.put.finished_at);
		else
			live_tell(live);
	} else if (!live->is_gone && op->err == ERR_NOT_FOUND) {
		live_remove(live); /* it was deleted under us */
	}
	if (!live->is_gone) {
		commit_mark(live);
		turns_kick(core); /* too many results may have been pending */
	}
	live_op_done(live);
}

void commit_add_progress(struct live_job *live, const struct chunk_progress *progress)
{
	live->progress = xrealloc(live->progress, (live->n_progress + 1) * sizeof(*live->progress));
	live->progress[live->n_progress++] = *progress;
}

/* Tell how far the chunks are that the block has results of. */
static void add_open_chunks(struct live_job *live)
{
	struct open_chunk *c;

	TAILQ_FOREACH (c, &live->chunks, link) {
		if (c->is_dirty)
			commit_add_progress(live, &(struct chunk_progress){.no = c->stored.no,
						      .has_failed = c->stored.has_failed,
						      .done = c->stored.done});
		c->is_dirty = false;
	}
}

void commit_describe(const struct live_job *live, struct store_op *op)
{
	op->u.put.state = live->next_state;
	op->u.put.reason = live->next_reason;
	op->u.put.started_at = live->job.started_at;
	op->u.put.changes = (struct run_changes){.schedule_no = live->job.schedule_no,
	    .job = live->job.id,
	    .after = live->changes_after,
	    .n_before = live->n_changes};
}

static void start_put(struct live_job *live)
{
	struct core *core = live->core;
	struct store_op *op = store_op_new(STORE_PUT, on_put, live);

	op->job_no = live->job.no;
	op->u.put.n = live->n_block;
	op->u.put.block = live->block;
	buf_init(&live->block, SIZE_MAX / 2);
	for (int i = 0; i < ITEM_N_STATUSES; i++) {
		op->u.put.counts[i] = live->block_counts[i];
		live->block_counts[i] = 0;
	}
	add_open_chunks(live);
	op->u.put.n_progress = live->n_progress;
	op->u.put.progress = TAKE(live->progress);
	op->u.put.is_watched = suspects_is_careful(core->opts.suspects);
	op->u.put.has_aliases = live->has_aliases;
	op->u.put.has_files = lane_ops(live_lane(live))->is_file;
	commit_describe(live, op);
	if (job_state_is_ended(live->next_state)) {
		op->u.put.finished_at = clock_wall();
		if (op->u.put.started_at == 0 && live->next_state == JOB_DONE)
			op->u.put.started_at = op->u.put.finished_at;
		live->is_ending = true;
	}
	live->n_block = 0;
	live->n_progress = 0;
	live->n_ops++;
	core->n_puts++;
	if (op->u.put.has_files && op->u.put.n > 0)
		STAILQ_INSERT_TAIL(&core->unsynced, op, link);
	else
		store_start(core->opts.store, op);
}

static void sync_files(struct core *core);

static void on_synced(int error, void *arg)
{
	struct core *core = arg;

	if (error != 0)
		log_error("files_sync_failed", "error=%s", log_quote(strerror(error)));
	for (; core->n_syncing > 0; core->n_syncing--) {
		struct store_op *op = STAILQ_FIRST(&core->unsynced);
		STAILQ_REMOVE_HEAD(&core->unsynced, link);
		store_start(core->opts.store, op);
	}
	sync_files(core);
}

/* Files first: a result that is shown has its file after a power failure too. What comes while a
 * sync runs waits for the next one. */
static void sync_files(struct core *core)
{
	const struct store_op *op;

	if (core->n_syncing > 0 || STAILQ_EMPTY(&core->unsynced))
		return;
	STAILQ_FOREACH (op, &core->unsynced, link)
		core->n_syncing++;
	if (!fetcher_sync(core->opts.fetcher, on_synced, core))
		on_synced(0, core);
}

void commit_results(struct live_job *live)
{
	if (live->n_block > 0 && !live->is_ending && live->n_cancels == 0) {
		start_put(live);
		sync_files(live->core);
	}
}

void live_drop_results(struct live_job *live)
{
	lane_discard_block(live_lane(live), &live->job.id, &live->block);
}

static void on_copied(struct store_op *op)
{
	struct live_job *live = op->arg;

	op_ended(live->core);
	live->is_copying = false;
	if (!live->is_gone && op->err == OK) {
		if (op->u.copy.n > 0)
			count_results(live, &op->u.copy.totals, op->u.copy.counts);
		live->n_settled += op->u.copy.n;
		/* none left although some should be: decide_end finds that the sum is wrong */
		live->n_aliases = op->u.copy.n > 0 ? live->n_aliases - op->u.copy.n : 0;
		live_tell(live);
	}
	if (!live->is_gone && op->err == ERR_DAMAGED) { /* the results to copy can't be read */
		log_error("results_lost", "job_no=%lld", (long long)live->job.no);
		live_stop(live, JOB_FAILED, JOB_REASON_INPUT_LOST);
	}
	if (!live->is_gone)
		commit_mark(live);
	live_op_done(live);
}

static void start_copy(struct live_job *live)
{
	struct store_op *op = store_op_new(STORE_COPY, on_copied, live);

	op->job_no = live->job.no;
	op->u.copy.max = COPY_MANY;
	live->is_copying = true;
	live->n_ops++;
	live->core->n_puts++;
	store_start(live->core->opts.store, op);
}

static void flush_job(struct live_job *live)
{
	if (live->n_cancels > 0)
		return; /* it is marked again if the store refuses the cancellation */
	decide_end(live);
	if (live->is_ending)
		return;
	if (live->n_block > 0 || live->n_progress > 0 || job_state_is_ended(live->next_state))
		start_put(live);
	else if (is_input_settled(live) && live->n_aliases > 0 && !live->is_copying)
		start_copy(live);
}

static void flush(void *arg)
{
	struct core *core = arg;
	struct live_job *live;

	if (core->n_puts > 0)
		return;
	core->is_urgent = false;
	core->flushed_at = clock_mono();
	while ((live = TAILQ_FIRST(&core->dirty)) != NULL) {
		TAILQ_REMOVE(&core->dirty, live, dirt);
		live->is_dirty = false;
		flush_job(live);
	}
	sync_files(core);
	core->commit_pace = core->n_syncing > 0 ? SYNC_PACE : PACE;
	check_drained(core);
}

void commit_init(struct core *core)
{
	STAILQ_INIT(&core->unsynced);
	defer_init(&core->flush, core->opts.loop, flush, core);
	timer_init(&core->pace, core->opts.loop, on_pace, core);
}
