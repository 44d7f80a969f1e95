/* What handlers read from a path and a query: jobs by their id, and numbers. */
#include <stdio.h>
#include <stdlib.h>

#include "api/api.h"
#include "base/alloc.h"
#include "base/str.h"

bool api_query_number(struct request *rq, const char *name, uint64_t max, uint64_t *ret_value)
{
	const char *text = request_query(rq, name);
	char detail[80];

	if (text == NULL || str_to_u64(text, max, ret_value) == OK)
		return true;
	snprintf(detail, sizeof(detail), "This must be a whole number from 0 to %llu.",
	    (unsigned long long)max);
	request_refuse_query(rq, name, detail);
	return false;
}

struct lookup {
	struct request *rq;
	struct api *api;
	found_job_fn *on_found;
};

static void on_loaded(struct store_op *op)
{
	struct lookup *l = op->arg;

	if (op->err == OK)
		l->on_found(l->rq, l->api, &op->u.job, false);
	else if (op->err == ERR_NOT_FOUND)
		request_refuse(l->rq, 404, "There is no such job.");
	else if (op->err == ERR_DAMAGED)
		request_refuse(l->rq, 500, "The job is damaged in the database.");
	else
		request_refuse(l->rq, 500, "The job could not be read.");
	free(l);
}

void api_find_job(struct request *rq, struct api *api, found_job_fn *on_found)
{
	struct id id;

	if (!id_parse(request_path_param(rq), &id)) {
		request_refuse(rq, 404, "There is no such job.");
		return;
	}
	const struct job *job = jobs_find(api->core, &id);
	if (job != NULL) {
		on_found(rq, api, job, true);
		return;
	}
	struct lookup *l = xcalloc(1, sizeof(*l));
	*l = (struct lookup){rq, api, on_found};
	struct store_op *op = store_op_new(STORE_LOAD, on_loaded, l);
	op->u.job.id = id;
	store_start(api->store, op);
}
