/* What handlers work with, and the table of routes. Thread: loop. */
#pragma once

#include "api/bodies.h"
#include "http/request.h"
#include "core/core.h"
#include "model/job_filter.h"
#include "model/name_server.h"
#include "store/store.h"

struct api {
	struct loop *loop; /* all borrowed */
	struct core *core;
	struct store *store;
	struct offload *offload;
	usec_t stream_idle; /* longest life of a stream without events */
	size_t max_json;
	struct bodies bodies;
	const char *limits; /* JSON; borrowed */
	/* The nth name server; false when there are fewer. */
	bool (*name_server)(size_t nth, struct name_server *ret_server, void *arg);
	void *name_server_arg;
	bool is_draining;
	bool has_backup;    /* one is being made or sent */
	bool has_successor; /* sockets are passed: what comes while we drain is work for the next
			       start, and none of it is turned away */
};

/* The routes of the daemon; static. */
const struct route *api_routes(size_t *ret_n);

/* Find the job of a request's `{id}`, live or ended, and go on with it; refuses with 404 when there
 * is none. */
typedef void found_job_fn(struct request *rq, struct api *api, const struct job *job, bool is_live);
void api_find_job(struct request *rq, struct api *api, found_job_fn *on_found);

/* Read a whole number from the query; false when it is bad, and then the request was refused.
 * Absent: *ret_value stays. */
bool api_query_number(struct request *rq, const char *name, uint64_t max, uint64_t *ret_value);

/* Read state, kind, label, schedule_id, paused and before from the query; false when one is bad,
 * and then the request was refused. The caller ends the filter. */
bool api_read_filter(struct request *rq, struct job_filter *ret_filter);

handler_fn submit_handle, jobs_list_handle, job_show_handle, job_cancel_handle, job_delete_handle;
handler_fn jobs_cancel_handle, jobs_delete_handle;
handler_fn job_pause_handle, job_resume_handle, job_retry_handle;
handler_fn results_handle, events_handle, metrics_handle, health_handle, ready_handle;
handler_fn file_handle, archive_handle, limits_handle, servers_handle, backup_handle;
handler_fn schedule_add_handle, schedules_list_handle, schedule_show_handle, schedule_patch_handle;
handler_fn schedule_delete_handle, schedule_run_handle, schedule_pause_handle;
handler_fn schedule_resume_handle, changes_handle, outcomes_handle, schedule_events_handle;
handler_fn openapi_yaml_handle, openapi_json_handle;
