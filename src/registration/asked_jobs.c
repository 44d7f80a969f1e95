#include "registration/asked_jobs.h"

#include <stdlib.h>
#include <uthash.h>

#include "base/alloc.h"

struct asked_job {
	UT_hash_handle hh;
	struct id id;
	uint32_t n_asked;
};

struct asked_jobs {
	struct asked_job *table; /* owned */
};

struct asked_jobs *asked_jobs_new(void)
{
	return xcalloc(1, sizeof(struct asked_jobs));
}

void asked_jobs_free(struct asked_jobs *jobs)
{
	while (jobs->table != NULL)
		asked_jobs_forget(jobs, &jobs->table->id);
	free(jobs);
}

bool asked_jobs_count(struct asked_jobs *jobs, const struct id *id, uint32_t most)
{
	struct asked_job *job;

	HASH_FIND(hh, jobs->table, id, sizeof(*id), job);
	if (job == NULL) {
		job = xcalloc(1, sizeof(*job));
		job->id = *id;
		HASH_ADD(hh, jobs->table, id, sizeof(job->id), job);
	}
	if (job->n_asked >= most)
		return false;
	job->n_asked++;
	return true;
}

void asked_jobs_forget(struct asked_jobs *jobs, const struct id *id)
{
	struct asked_job *job;

	HASH_FIND(hh, jobs->table, id, sizeof(*id), job);
	if (job == NULL)
		return;
	HASH_DEL(jobs->table, job);
	free(job);
}
