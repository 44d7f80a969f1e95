/* The lane of registrations: DNS and RDAP. Names wait here for their registries, so a lane of its
 * own keeps them from holding up names that only need the DNS. */
#include "jobs/lane_adapters.h"
#include "registration/registration.h"

LANE_ADAPTERS(registration, enquiry)

static void on_parked(uint32_t host, void *arg)
{
	lane_item_parked(arg, host);
}

static void *start(void *engine, const struct lane_request *request, struct lane_item *item)
{
	struct registration_request registration = {.job = request->job,
	    .index = request->index,
	    .name = request->text,
	    .name_len = request->len,
	    .timeout = request->params->timeout,
	    .attempts = request->params->attempts,
	    .rdap = request->params->asked.rdap,
	    .on_parked = request->was_parked ? NULL : on_parked};

	return enquiry_start(engine, &registration, on_done, item);
}

static void remove_job(void *engine, const struct id *job)
{
	registration_forget_job(engine, job);
}

static size_t queue_most(void *engine, uint32_t queue)
{
	return registration_queue_most(engine, queue);
}

const struct lane_ops *lane_registration(void)
{
	static const struct lane_ops ops = {.name = "registration",
	    .kinds = 1U << KIND_DOMAINS,
	    .checks = 1U << CHECK_REGISTRATION,
	    .invalid_item = REASON_INVALID_NAME,
	    .start = start,
	    LANE_OF_ADAPTERS,
	    .remove_job = remove_job,
	    .queue_most = queue_most};

	return &ops;
}
