/* Saved files go to the disk: one syncfs(2) for all of them, however many, since a sync of each
 * costs a commit of the journal each. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "fetch/fetch_private.h"
#include "loop/offload.h"

struct sync {
	struct offload_task task; /* first */
	int fd, error;
	fetcher_synced_fn *on_synced;
	void *arg;
};

/* Thread: pool. */
static void work(struct offload_task *task)
{
	struct sync *sync = (struct sync *)task;

	sync->error = syncfs(sync->fd) == 0 ? 0 : errno;
}

static void on_done(struct offload_task *task)
{
	struct sync *sync = (struct sync *)task;

	sync->on_synced(sync->error, sync->arg);
	free(sync);
}

bool fetcher_sync(struct fetcher *fetcher, fetcher_synced_fn *on_synced, void *arg)
{
	if (!fetcher->opts.syncs)
		return false;
	struct sync *sync = xcalloc(1, sizeof(*sync));
	sync->task = (struct offload_task){.work = work, .done = on_done};
	sync->fd = folder_fd(fetcher->folder);
	sync->on_synced = on_synced;
	sync->arg = arg;
	offload_submit(fetcher->opts.offload, &sync->task);
	return true;
}
