/* The lane of files: the fetcher. */
#include "base/alloc.h"
#include "fetch/fetch.h"
#include "jobs/lane_adapters.h"

/* Most files in flight wait for their host. With more of them, more hosts are busy at a time. */
enum { CONCURRENCY = 1000 };

LANE_ADAPTERS(fetcher, fetch)

static void on_saving(void *arg)
{
	lane_item_received(arg);
}

static void *start(void *engine, const struct lane_request *request, struct lane_item *item)
{
	struct fetch_request fetch = {.job = request->job,
	    .index = request->index,
	    .item = request->text,
	    .item_len = request->len,
	    .timeout = request->params->timeout,
	    .attempts = request->params->attempts,
	    .on_saving = on_saving};

	return fetch_start(engine, &fetch, on_done, item);
}

static void discard(void *engine, const struct id *job, const struct result *result)
{
	if (!result->is_file || !result->file.is_saved)
		return;
	AUTO_FREE char *name = xstrndup(result->file.file_name.bytes, result->file.file_name.len);
	fetcher_remove_file(engine, job, name);
}

static void remove_job(void *engine, const struct id *job)
{
	fetcher_remove(engine, job);
}

const struct lane_ops *lane_files(void)
{
	static const struct lane_ops ops = {.name = "files",
	    .kinds = 1U << KIND_DOWNLOADS | 1U << KIND_FLAGS,
	    .checks = ~0U,
	    .concurrency = CONCURRENCY,
	    .invalid_item = REASON_INVALID_URL,
	    .is_file = true,
	    .keeps_failed = true,
	    .start = start,
	    LANE_OF_ADAPTERS,
	    .discard = discard,
	    .remove_job = remove_job};

	return &ops;
}
