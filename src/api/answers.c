/* What handlers have in common: refusals, lists, entity tags and the audit log. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "base/alloc.h"
#include "base/log.h"
#include "wire/json_job.h"

struct call *call_new(struct request *rq, struct api *api, const struct id *id)
{
	struct call *c = xcalloc(1, sizeof(*c));

	*c = (struct call){.rq = rq, .api = api};
	if (id != NULL)
		c->id = *id;
	return c;
}

void api_audit(const struct request *rq, const char *action, const char *noun)
{
	struct buf line;

	buf_init(&line, 4096);
	request_describe_client(rq, &line);
	if (noun != NULL)
		buf_addf(&line, " %s=%s", noun, log_quote(request_path_param(rq)));
	log_info("audit", "action=%s %s", action, line.data);
	buf_done(&line);
}

/* --- Refusals --- */

void api_refuse_unknown(struct request *rq, const char *noun)
{
	request_refuse(rq, 404, "There is no such %s.", noun);
}

void api_refuse_stopping(struct request *rq)
{
	request_refuse(rq, 503, "The daemon is stopping.");
}

void api_refuse_load(struct request *rq, enum err e, const char *noun)
{
	if (e == ERR_NOT_FOUND)
		api_refuse_unknown(rq, noun);
	else if (e == ERR_DAMAGED)
		request_refuse(rq, 500, "The %s is damaged in the database.", noun);
	else
		request_refuse(rq, 500, "The %s could not be read.", noun);
}

void api_refuse_change(struct request *rq, enum err e, const char *noun, const char *done)
{
	if (e == ERR_NOT_FOUND)
		api_refuse_unknown(rq, noun);
	else if (e == ERR_BUSY)
		api_refuse_stopping(rq);
	else
		request_refuse(
		    rq, 507, "The %s can't be %s: the database can't be written.", noun, done);
}

void api_respond_deleted(struct request *rq, enum err e, const char *noun)
{
	if (e == OK)
		request_respond(rq, 204, NULL, NULL);
	else
		api_refuse_change(rq, e, noun, "deleted");
}

bool api_may_store(struct request *rq, struct api *api, const char *noun)
{
	if (!store_is_writable(api->store))
		api_refuse_change(rq, ERR_FULL, noun, "stored");
	else if (store_n_queued(api->store) > STORE_QUEUE_MANY)
		request_refuse(rq, 503, "The store is busy.");
	else
		return true;
	return false;
}

/* --- Answers --- */

void api_respond_job(struct request *rq, int status, const struct job *job)
{
	struct buf body;

	buf_init(&body, 1 << 16);
	json_job_add(&body, job, clock_wall());
	buf_add_char(&body, '\n');
	request_respond(rq, status, "application/json", &body);
}

void api_add_location(struct request *rq, const char *folder, const struct id *id)
{
	char location[64], text[ID_TEXT_SIZE];

	id_format(id, text);
	snprintf(location, sizeof(location), "%s%s", folder, text);
	request_add_header(rq, "Location", location);
}

void api_respond_list(
    const struct api_list *list, const struct store_op *op, uint32_t n, bool is_more)
{
	struct call *call = op->arg;
	struct id last;
	struct buf body;
	char id[ID_TEXT_SIZE];

	if (op->err == ERR_DAMAGED && (int)op->damage.what == list->damage) {
		id_format(&op->damage.id, id);
		request_refuse(call->rq, 500,
		    "The %s %s is damaged in the database. Continue after it with cursor=%s.",
		    list->noun, id, id);
	} else if (op->err != OK) {
		request_refuse(call->rq, 500, "The list could not be read.");
	} else {
		buf_init(&body, SIZE_MAX / 2);
		buf_addf(&body, "{\"%ss\":[", list->noun);
		for (uint32_t i = 0; i < n; i++) {
			buf_add_str(&body, i > 0 ? "," : "");
			last = list->add(&body, call->api, op, i);
		}
		buf_add_str(&body, "],\"next\":");
		if (is_more && n > 0) {
			id_format(&last, id);
			buf_addf(&body, "\"%s\"}\n", id);
		} else {
			buf_add_str(&body, "null}\n");
		}
		request_respond(call->rq, 200, "application/json", &body);
	}
	free(call);
}
