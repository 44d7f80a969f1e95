/* The lane of names: the checker. */
#include "check/checker.h"
#include "jobs/lane.h"
#include "jobs/opts.h"

static void *engine_of(const struct core_opts *opts)
{
	return opts->checker;
}

static size_t room(void *engine)
{
	return checker_room(engine);
}

static void set_on_room(void *engine, void (*on_room)(void *arg), void *arg)
{
	checker_set_on_room(engine, on_room, arg);
}

static void on_done(const struct result *result, void *arg)
{
	lane_item_done(arg, result);
}

static void *start(void *engine, const struct lane_request *request, struct lane_item *item)
{
	struct check_request check = {.check = request->check,
	    .index = request->index,
	    .name = request->text,
	    .name_len = request->len,
	    .timeout = request->timeout,
	    .attempts = request->attempts,
	    .asked = request->asked};

	return check_start(engine, &check, on_done, item);
}

static void cancel(void *work)
{
	check_cancel(work);
}

const struct lane_ops *lane_dns(void)
{
	static const struct lane_ops ops = {.name = "dns",
	    .kinds = 1U << KIND_DOMAINS,
	    .checks = ~(1U << CHECK_REGISTRATION),
	    .invalid_item = REASON_INVALID_NAME,
	    .engine_of = engine_of,
	    .room = room,
	    .set_on_room = set_on_room,
	    .start = start,
	    .cancel = cancel};

	return &ops;
}
