/* The table of routes. */
#include "api/api.h"
#include "http/tokens.h"

#define BULK_QUERY " state kind label schedule_id before "

/* What others sent, and its results, can be lost by DELETE alone: that is for admins. */
static const struct route routes[] = {
    {"POST", "/jobs", submit_handle, NULL, true, SCOPE_SUBMIT},
    {"GET", "/jobs", jobs_list_handle, " state kind label schedule_id paused limit cursor ", false,
	SCOPE_READ},
    {"DELETE", "/jobs", jobs_delete_handle, BULK_QUERY, false, SCOPE_ADMIN},
    {"POST", "/jobs/cancel", jobs_cancel_handle, BULK_QUERY, false, SCOPE_SUBMIT},
    {"GET", "/jobs/{id}", job_show_handle, " wait ", false, SCOPE_READ},
    {"DELETE", "/jobs/{id}", job_delete_handle, "", false, SCOPE_ADMIN},
    {"POST", "/jobs/{id}/cancel", job_cancel_handle, "", false, SCOPE_SUBMIT},
    {"POST", "/jobs/{id}/pause", job_pause_handle, "", false, SCOPE_SUBMIT},
    {"POST", "/jobs/{id}/resume", job_resume_handle, "", false, SCOPE_SUBMIT},
    {"POST", "/jobs/{id}/retry", job_retry_handle, "", false, SCOPE_SUBMIT},
    {"POST", "/jobs/{id}/confirm", job_confirm_handle, "", false, SCOPE_SUBMIT},
    {"GET", "/jobs/{id}/results", results_handle,
	" after limit status reason rcode type follow format csv ", false, SCOPE_READ},
    {"GET", "/jobs/{id}/events", events_handle, " after ", false, SCOPE_READ},
    {"GET", "/jobs/{id}/files/{name}", file_handle, "", false, SCOPE_READ},
    {"GET", "/jobs/{id}/archive.tar", archive_handle, "", false, SCOPE_READ},
    {"POST", "/schedules", schedule_add_handle, "", true, SCOPE_SUBMIT},
    {"GET", "/schedules", schedules_list_handle, " limit cursor name ", false, SCOPE_READ},
    {"GET", "/schedules/{id}", schedule_show_handle, "", false, SCOPE_READ},
    {"PATCH", "/schedules/{id}", schedule_patch_handle, "", true, SCOPE_SUBMIT},
    {"DELETE", "/schedules/{id}", schedule_delete_handle, "", false, SCOPE_ADMIN},
    {"POST", "/schedules/{id}/run", schedule_run_handle, "", false, SCOPE_SUBMIT},
    {"POST", "/schedules/{id}/pause", schedule_pause_handle, "", false, SCOPE_SUBMIT},
    {"POST", "/schedules/{id}/resume", schedule_resume_handle, "", false, SCOPE_SUBMIT},
    {"GET", "/schedules/{id}/changes", changes_handle, " after limit ", false, SCOPE_READ},
    {"GET", "/schedules/{id}/outcomes", outcomes_handle, " limit cursor ", false, SCOPE_READ},
    {"GET", "/schedules/{id}/events", schedule_events_handle, " after ", false, SCOPE_READ},
    {"GET", "/limits", limits_handle, "", false, SCOPE_ANY},
    {"GET", "/registries", registries_handle, "", false, SCOPE_READ},
    {"GET", "/status", status_handle, "", false, SCOPE_READ},
    {"GET", "/servers", servers_handle, "", false, SCOPE_READ},
    {"GET", "/backup", backup_handle, "", false, SCOPE_ADMIN},
    {"GET", "/metrics", metrics_handle, NULL, false, SCOPE_METRICS | SCOPE_READ},
    {"GET", "/healthz", health_handle, NULL, false, 0},
    {"GET", "/readyz", ready_handle, NULL, false, 0},
    {"GET", "/", root_handle, "", false, 0},
    {"GET", "/page/{id}/{name}", page_file_handle, "", false, 0},
    {"GET", "/openapi.yaml", openapi_yaml_handle, NULL, false, SCOPE_ANY},
    {"GET", "/openapi.json", openapi_json_handle, NULL, false, SCOPE_ANY},
};

const struct route *api_routes(size_t *ret_n)
{
	*ret_n = sizeof(routes) / sizeof(routes[0]);
	return routes;
}
