/* What handlers work with, and the table of routes. Thread: loop. */
#pragma once

#include "api/bodies.h"
#include "http/request.h"
#include "core/core.h"
#include "model/job_filter.h"
#include "model/name_server.h"
#include "model/registry_state.h"
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
	/* Read how the nth RDAP server stands; false: there are fewer. And how the bootstrap does.
	 */
	bool (*registry_host)(size_t nth, struct registry_host_state *ret_state, void *arg);
	void (*bootstrap)(struct bootstrap_state *ret_state, void *arg);
	void *registry_arg;
	bool has_page;    /* for browsers */
	uint32_t n_grids; /* that are being made */
	bool is_draining;
	bool has_backup;    /* one is being made or sent */
	bool has_successor; /* sockets are passed: submissions while draining are accepted for the
			       next start */
};

/* The routes of the daemon; static. */
const struct route *api_routes(size_t *ret_n);

/* --- Reading a request (lookup.c). What returns false has refused the request. --- */

/* Find the job of the path, live or ended, and call `on_found`; refuse with 404 if there is none.
 */
typedef void found_job_fn(struct request *rq, struct api *api, const struct job *job, bool is_live);
void api_find_job(struct request *rq, struct api *api, found_job_fn *on_found);

/* Read an id from the path; 404 names the `noun`. */
bool api_read_id(struct request *rq, const char *noun, struct id *ret_id);

/* Read a whole number of at most `max` from the query. Absent: *ret_value stays. */
bool api_query_number(struct request *rq, const char *name, uint64_t max, uint64_t *ret_value);

/* Read true or false from the query. Absent: false, and *ret_is_given stays. */
bool api_query_bool(struct request *rq, const char *name, bool *ret_is_given, bool *ret_value);

/* Read `limit` (1 to `most`; absent: `standard`). */
bool api_query_limit(struct request *rq, uint64_t standard, uint64_t most, uint64_t *ret_limit);

/* Read `limit` and `cursor` of a list, newest first: ids before *ret_before are wanted. */
bool api_query_page(struct request *rq, uint64_t *ret_limit, struct id *ret_before);

/* Read state, kind, label, schedule_id, paused and before from the query. The caller ends the
 * filter. */
bool api_read_filter(struct request *rq, struct job_filter *ret_filter);

/* Whether a Content-Type, which may be NULL, is `type`, with or without parameters. */
bool api_is_media(const char *header, const char *type);

/* --- Answering (answers.c) --- */

/* A request that waits for the store or the core. The callback frees it. */
struct call {
	struct request *rq;
	struct api *api;
	struct id id; /* of the path, where the handler needs it */
};
struct call *call_new(struct request *rq, struct api *api, const struct id *id);

/* Log who asks for `action`, and on which `noun` of the path (NULL: none). */
void api_audit(const struct request *rq, const char *action, const char *noun);

void api_refuse_unknown(struct request *rq, const char *noun);          /* 404 */
void api_refuse_stopping(struct request *rq);                           /* 503 */
void api_refuse_load(struct request *rq, enum err e, const char *noun); /* 404 or 500 */
void api_refuse_change(struct request *rq, enum err e, const char *noun, const char *done);
/* 404, 503 or 507 */
void api_respond_deleted(struct request *rq, enum err e, const char *noun); /* 204, or as that */
/* Whether the store takes a change of a `noun` now; refuses with 503 or 507 otherwise. */
bool api_may_store(struct request *rq, struct api *api, const char *noun);

/* Say why the daemon does not take jobs; NULL: it does. */
const char *api_find_gap(struct api *api);

void api_respond_job(struct request *rq, int status, const struct job *job);
void api_add_location(struct request *rq, const char *folder, const struct id *id);

/* Answer with a page of a list, and free op->arg, which is a struct call. */
struct api_list {
	const char *noun; /* "job"; the array is called "jobs" */
	int damage;       /* of a row: one of the DAMAGED_ values */
	/* Add the nth object and return its id. */
	struct id (*add)(struct buf *b, struct api *api, const struct store_op *op, uint32_t nth);
};
void api_respond_list(
    const struct api_list *list, const struct store_op *op, uint32_t n, bool is_more);

handler_fn submit_handle, jobs_list_handle, job_show_handle, job_cancel_handle, job_delete_handle;
handler_fn jobs_cancel_handle, jobs_delete_handle;
handler_fn job_pause_handle, job_resume_handle, job_retry_handle, job_confirm_handle;
handler_fn results_handle, events_handle, metrics_handle, health_handle, ready_handle;
handler_fn file_handle, archive_handle, limits_handle, registries_handle, servers_handle,
    backup_handle;
handler_fn schedule_add_handle, schedules_list_handle, schedule_show_handle, schedule_patch_handle;
handler_fn schedule_delete_handle, schedule_run_handle, schedule_pause_handle;
handler_fn schedule_resume_handle, changes_handle, outcomes_handle, schedule_events_handle;
handler_fn openapi_yaml_handle, openapi_json_handle, root_handle, page_file_handle, status_handle;
