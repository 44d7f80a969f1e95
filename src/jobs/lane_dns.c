/* The lane of names: the checker. */
#include "check/checker.h"
#include "jobs/lane_adapters.h"

LANE_ADAPTERS(checker, check)

static void *start(void *engine, const struct lane_request *request, struct lane_item *item)
{
	struct check_request check = {.check = request->check,
	    .index = request->index,
	    .name = request->text,
	    .name_len = request->len,
	    .timeout = request->params->timeout,
	    .attempts = request->params->attempts,
	    .asked = &request->params->asked};

	return check_start(engine, &check, on_done, item);
}

const struct lane_ops *lane_dns(void)
{
	static const struct lane_ops ops = {.name = "dns",
	    .kinds = 1U << KIND_DOMAINS,
	    .checks = ~(1U << CHECK_REGISTRATION),
	    .invalid_item = REASON_INVALID_NAME,
	    .start = start,
	    LANE_OF_ADAPTERS};

	return &ops;
}
