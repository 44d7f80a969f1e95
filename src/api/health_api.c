/* GET /healthz: the loop turns. GET /readyz: jobs are taken. */
#include "api/api.h"

static void respond(struct request *rq, const char *status)
{
	struct buf body;

	buf_init(&body, 256);
	buf_addf(&body, "{\"status\":\"%s\"}\n", status);
	request_respond(rq, 200, "application/json", &body);
}

void health_handle(struct request *rq, struct api *api)
{
	(void)api;
	respond(rq, "ok");
}

const char *api_find_gap(struct api *api)
{
	/* for the next time: who asks again and again sees soon what has gone */
	store_look(api->store);
	core_look(api->core);
	if (api->is_draining)
		return "The daemon is stopping.";
	if (store_is_gone(api->store))
		return "A file of the database is not in its place any more: put it back, or "
		       "restart the daemon. Jobs are refused until then.";
	if (!core_has_folder(api->core))
		return "The folder of downloads is not in its place any more: put it back, or "
		       "restart the daemon. Files wait until then.";
	if (!store_is_writable(api->store))
		return "The database can't be written: jobs are refused until it can.";
	return NULL;
}

void ready_handle(struct request *rq, struct api *api)
{
	const char *gap = api_find_gap(api);

	if (gap != NULL)
		request_refuse(rq, 503, "%s", gap);
	else
		respond(rq, "ready");
}
