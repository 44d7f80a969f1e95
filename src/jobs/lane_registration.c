/* The lane of registrations: DNS and RDAP. Names wait here for their registries, so a lane of its
 * own keeps them from holding up names that only need the DNS. */
#include "jobs/lane.h"
#include "jobs/opts.h"
#include "registration/registration.h"

static void *engine_of(const struct core_opts *opts)
{
	return opts->registration;
}

static size_t room(void *engine)
{
	return registration_room(engine);
}

static void set_on_room(void *engine, void (*on_room)(void *arg), void *arg)
{
	registration_set_on_room(engine, on_room, arg);
}

static void on_done(const struct result *result, void *arg)
{
	lane_item_done(arg, result);
}

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
	    .timeout = request->timeout,
	    .attempts = request->attempts,
	    .rdap = request->asked->rdap,
	    .on_parked = request->was_parked ? NULL : on_parked};

	return enquiry_start(engine, &registration, on_done, item);
}

static void cancel(void *work)
{
	enquiry_cancel(work);
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
	    .engine_of = engine_of,
	    .room = room,
	    .set_on_room = set_on_room,
	    .start = start,
	    .cancel = cancel,
	    .remove_job = remove_job,
	    .queue_most = queue_most};

	return &ops;
}
