/* GET /metrics: what base/metrics knows, in the form that the scraper prefers. */
#include "http/accept.h"
#include "api/api.h"
#include "base/metrics.h"

void metrics_handle(struct request *rq, struct api *api)
{
	static const char *const media[] = {"text/plain", "application/openmetrics-text"};
	struct buf body;

	(void)api;
	bool is_open = accept_choose(request_header(rq, "Accept"), media, 2) == 1;
	buf_init(&body, 16 << 20);
	metrics_write(&body, is_open ? METRICS_OPENMETRICS : METRICS_TEXT);
	request_respond(rq, 200,
	    is_open ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
		    : "text/plain; version=0.0.4; charset=utf-8",
	    &body);
}
