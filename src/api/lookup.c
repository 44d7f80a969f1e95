/* What handlers read from a request: ids, jobs, numbers, pages. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/api.h"
#include "base/alloc.h"
#include "base/str.h"

enum { LIST_DEFAULT = 100, LIST_MOST = 1000 };

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

bool api_query_bool(struct request *rq, const char *name, bool *ret_is_given, bool *ret_value)
{
	const char *text = request_query(rq, name);

	if (text != NULL && strcmp(text, "true") != 0 && strcmp(text, "false") != 0) {
		request_refuse_query(rq, name, "This must be true or false.");
		return false;
	}
	*ret_is_given = *ret_is_given || text != NULL;
	*ret_value = text != NULL && text[0] == 't';
	return true;
}

bool api_query_limit(struct request *rq, uint64_t standard, uint64_t most, uint64_t *ret_limit)
{
	*ret_limit = standard;
	if (!api_query_number(rq, "limit", most, ret_limit))
		return false;
	if (*ret_limit == 0 && request_query(rq, "limit") != NULL) {
		request_refuse_query(rq, "limit", "This must be at least 1.");
		return false;
	}
	return true;
}

bool api_query_page(struct request *rq, uint64_t *ret_limit, struct id *ret_before)
{
	const char *cursor = request_query(rq, "cursor");

	memset(ret_before, 0xff, sizeof(*ret_before)); /* after the newest */
	if (!api_query_limit(rq, LIST_DEFAULT, LIST_MOST, ret_limit))
		return false;
	if (cursor == NULL || id_parse(cursor, ret_before))
		return true;
	request_refuse_query(rq, "cursor", "Not a valid cursor.");
	return false;
}

bool api_read_id(struct request *rq, const char *noun, struct id *ret_id)
{
	if (id_parse(request_path_param(rq), ret_id))
		return true;
	api_refuse_unknown(rq, noun);
	return false;
}

bool api_is_media(const char *header, const char *type)
{
	size_t len = header != NULL ? strcspn(header, "; \t") : 0;

	return len == strlen(type) && strncasecmp(header, type, len) == 0;
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
	else
		api_refuse_load(l->rq, op->err, "job");
	free(l);
}

void api_find_job(struct request *rq, struct api *api, found_job_fn *on_found)
{
	struct id id;

	if (!api_read_id(rq, "job", &id))
		return;
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
