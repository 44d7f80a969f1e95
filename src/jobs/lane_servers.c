/* The lane of names of jobs that bring their own name servers. It keeps them from holding up jobs
 * that ask the daemon's. Kinds and checks are none: turns give it the jobs that have servers. */
#include "check/checker_pool.h"
#include "jobs/lane.h"
#include "jobs/opts.h"

enum { ROOM = 1024 /* `takes` says what each list of servers has */ };

static void *engine_of(const struct core_opts *opts)
{
	return opts->job_servers;
}

static size_t room(void *engine)
{
	return engine != NULL ? ROOM : 0;
}

static void set_on_room(void *engine, void (*on_room)(void *arg), void *arg)
{
	if (engine != NULL)
		checker_pool_set_on_room(engine, on_room, arg);
}

static bool takes(void *engine, const struct job_params *params)
{
	return checker_pool_has_room(engine, &params->servers);
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
	    .timeout = request->params->timeout,
	    .attempts = request->params->attempts,
	    .asked = &request->params->asked};

	return check_start(
	    checker_pool_get(engine, &request->params->servers), &check, on_done, item);
}

static void cancel(void *work)
{
	check_cancel(work);
}

const struct lane_ops *lane_servers(void)
{
	static const struct lane_ops ops = {.name = "servers",
	    .invalid_item = REASON_INVALID_NAME,
	    .engine_of = engine_of,
	    .room = room,
	    .set_on_room = set_on_room,
	    .takes = takes,
	    .start = start,
	    .cancel = cancel};

	return &ops;
}
