/* Lists of the store in memory. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "store.h"

static int compare_newest_first(const void *a, const void *b)
{
	const struct job *x = a, *y = b;

	return memcmp(&y->id, &x->id, sizeof(x->id));
}

void fake_store_list(const struct store *store, struct store_op *op)
{
	const struct fake_job *j;
	size_t n = 0, room = 0;
	struct job *jobs = NULL;

	for (size_t i = 0; (j = fake_store_job(store, i)) != NULL; i++) {
		if (!j->is_submitted || j->is_deleted ||
		    memcmp(&j->job.id, &op->u.list.before, sizeof(j->job.id)) >= 0 ||
		    !job_filter_fits(&op->u.list.filter, &j->job))
			continue;
		if (n == room) {
			room = room > 0 ? room * 2 : 64;
			jobs = xrealloc(jobs, room * sizeof(*jobs));
		}
		jobs[n++] = job_copy(&j->job);
	}
	if (n > 0)
		qsort(jobs, n, sizeof(*jobs), compare_newest_first);
	op->u.list.is_more = n > op->u.list.limit;
	while (n > op->u.list.limit)
		job_done(&jobs[--n]);
	op->u.list.jobs = jobs;
	op->u.list.n = (uint32_t)n;
}

/* Keep the ids that are no jobs and were none; tell which jobs with files were removed. */
void fake_store_folders(const struct store *store, struct store_op *op)
{
	const struct fake_job *j;
	size_t n = 0, n_jobs = 0;

	while (fake_store_job(store, n_jobs) != NULL)
		n_jobs++;
	op->u.folders.removed = xcalloc(n_jobs + 1, sizeof(struct id));
	for (size_t k = 0; k < n_jobs; k++) {
		j = fake_store_job(store, k);
		if (j->is_submitted && j->is_deleted && !j->is_removed &&
		    job_kind_is_files(j->job.kind))
			op->u.folders.removed[op->u.folders.n_removed++] = j->job.id;
	}
	for (size_t i = 0; i < op->u.folders.n; i++) {
		const struct id *id = &op->u.folders.ids[i];
		bool is_known = false;
		for (size_t k = 0; k < n_jobs; k++)
			is_known = is_known ||
				   memcmp(&fake_store_job(store, k)->job.id, id, sizeof(*id)) == 0;
		if (!is_known)
			op->u.folders.ids[n++] = *id;
	}
	op->u.folders.n = n;
}
