/* After a start: the jobs that had not ended go on. Their open chunks are claimed again; items of
 * those that have a result already are passed over. A chunk's results all lie behind the job's
 * low_seq, so little is read back, however long the job. */
#include "base/alloc.h"
#include "base/log.h"
#include "jobs/jobs_private.h"

static void begin(struct run *run)
{
	life_begin(run);
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
		turns_wake(run);
	} else if (!run->is_gone) {
		char id[ID_TEXT_SIZE];
		id_format(&run->job.id, id);
		log_error("recover_failed", "job=%s error=%s", id, err_str(op->err));
		run_stop(run, JOB_FAILED, JOB_REASON_INPUT_LOST);
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

/* Files of jobs that this database has removed go, if that was not done before the daemon ended.
 * What it does not know is not its own to remove: the folder may be another database's, or this one
 * an older copy. */
static void on_folders(struct store_op *op)
{
	struct core *core = op->arg;
	char id[ID_TEXT_SIZE];

	if (op->err != OK)
		return;
	for (size_t i = 0; i < op->u.folders.n_removed; i++)
		fetcher_remove(core->opts.fetcher, &op->u.folders.removed[i]);
	if (op->u.folders.n_removed > 0)
		log_info("files_removed", "jobs=%zu", op->u.folders.n_removed);
	if (op->u.folders.n == 0)
		return;
	id_format(&op->u.folders.ids[0], id);
	log_warning("files_unknown", "folders=%zu first=%s kept=yes", op->u.folders.n, id);
}

static void on_jobs_with_files(struct id *ids, size_t n, void *arg)
{
	struct core *core = arg;
	struct store_op *op = store_op_new(STORE_FOLDERS, on_folders, core);

	op->u.folders.ids = ids;
	op->u.folders.n = n;
	store_start(core->opts.store, op);
}

/* The files of a job are gone: the database need not remember that they must. */
static void on_removed(const struct id *job, void *arg)
{
	struct core *core = arg;
	struct store_op *op = store_op_new(STORE_REMOVED, NULL, NULL);

	op->u.folders.removed = xcalloc(1, sizeof(*job));
	op->u.folders.removed[0] = *job;
	op->u.folders.n_removed = 1;
	store_start(core->opts.store, op);
}

bool jobs_recover(struct core *core)
{
	if (store_recover(core->opts.store, on_job, core) != OK)
		return false;
	fetcher_set_on_removed(core->opts.fetcher, on_removed, core);
	fetcher_list(core->opts.fetcher, on_jobs_with_files, core);
	unsigned n = HASH_COUNT(core->runs);
	if (n > 0)
		log_info("recovered", "jobs=%u", n);
	return true;
}
