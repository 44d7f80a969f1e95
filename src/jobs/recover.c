/* After a start: resume the jobs that had not ended. Their open chunks are claimed again, and a
 * claim tells which of their items have results. */
#include "base/alloc.h"
#include "base/log.h"
#include "jobs/jobs_private.h"

static void on_job(struct unfinished_job *u, void *arg)
{
	struct live_job *live = live_new(arg, &u->job);

	live->is_recovered = true;
	live->n_aliases = u->n_aliases;
	live->has_aliases = u->n_aliases > 0;
	live->next_chunk = u->next_chunk;
	live->is_all_claimed = u->next_chunk == UINT32_MAX;
	places_begin(live);
	commit_mark(live); /* perhaps only its end is missing */
}

/* Remove files of jobs that this database has removed, if the last daemon did not finish that. Keep
 * files of unknown jobs: the folder may belong to another database, or this database may be an
 * older copy. */
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

/* The files of a job are removed, so the database no longer needs to remember that. */
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
	unsigned n = HASH_COUNT(core->live);
	if (n > 0)
		log_info("recovered", "jobs=%u", n);
	return true;
}
