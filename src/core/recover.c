/* After a start: the jobs that had not ended go on. Their open chunks are claimed again; items of
 * those that have a result already are passed over. A chunk's results all lie behind the job's
 * low_seq, so little is read back, however long the job. */
#include "base/alloc.h"
#include "base/log.h"
#include "core/core_private.h"

static void begin(struct run *run)
{
	sched_add(run);
	commit_mark(run); /* it may lack nothing but its end */
}

static void on_done_items(struct store_op *op)
{
	struct run *run = op->arg;

	if (!run->is_gone && op->err == OK) {
		run->n_done = op->u.done.n;
		run->done = TAKE(op->u.done.indexes);
		run->n_failed = op->u.done.n_failed;
		run->failed = TAKE(op->u.done.failed);
		run->is_all_claimed = run->next_chunk == UINT32_MAX;
		commit_mark(run);
		sched_wake(run);
	} else if (!run->is_gone) {
		char id[ID_TEXT_SIZE];
		id_format(&run->job.id, id);
		log_error("recover", "job=%s error=%s", id, err_str(op->err));
		run_stop(run, JOB_FAILED, JOB_REASON_INPUT_LOST);
		commit_mark(run);
	}
	run->is_claiming = false;
	if (run->place == PLACE_ACTIVE)
		claims_fetch(run);
	run_op_done(run);
}

static void on_job(struct unfinished_job *u, void *arg)
{
	struct core *core = arg;
	bool has_open_results = u->job.completed > u->low_seq;
	struct run *run = run_new(core, &u->job);

	run->is_recovered = true;
	run->n_aliases = u->n_aliases;
	run->low_seq = u->low_seq;
	run->has_aliases = u->n_aliases > 0;
	run->next_chunk = u->next_chunk;
	run->is_all_claimed = u->next_chunk == UINT32_MAX && !has_open_results;
	begin(run);
	if (!has_open_results)
		return;
	/* nothing is claimed before it is known which items are done */
	struct store_op *op = store_op_new(STORE_DONE, on_done_items, run);
	op->job_no = run->job.no;
	op->u.done.low_seq = u->low_seq;
	run->is_claiming = true;
	run->n_ops++;
	store_start(core->opts.store, op);
}

/* Files whose job was deleted just before the daemon ended go now. */
static void on_unknown(struct store_op *op)
{
	struct core *core = op->arg;

	for (size_t i = 0; op->err == OK && i < op->u.ids.n; i++)
		fetcher_remove(core->opts.fetcher, &op->u.ids.ids[i]);
	if (op->err == OK && op->u.ids.n > 0)
		log_info("files_removed", "jobs=%zu", op->u.ids.n);
}

static void on_jobs_with_files(struct id *ids, size_t n, void *arg)
{
	struct core *core = arg;
	struct store_op *op = store_op_new(STORE_UNKNOWN, on_unknown, core);

	op->u.ids.ids = ids;
	op->u.ids.n = n;
	store_start(core->opts.store, op);
}

bool recover_all(struct core *core)
{
	if (store_recover(core->opts.store, on_job, core) != OK)
		return false;
	fetcher_list(core->opts.fetcher, on_jobs_with_files, core);
	unsigned n = HASH_COUNT(core->runs);
	if (n > 0)
		log_info("recovered", "jobs=%u", n);
	return true;
}
