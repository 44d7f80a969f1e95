/* The fetcher's own life: what all fetches share. */
#include <errno.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/metrics.h"
#include "fetch/fetch_private.h"
#include "fetch/route.h"

METRIC_GETTER(get_in_flight, struct fetcher, origins_running(self->origins))
METRIC_GETTER(get_hosts, struct fetcher, origins_count(self->origins))
METRIC_GETTER(get_bytes, struct fetcher, folder_used(self->folder))
METRIC_GETTER(get_quota, struct fetcher, self->opts.quota)

static void add_metrics(struct fetcher *fetcher)
{
	static const char *const names[N_ENDS] = {[END_ANSWERED] = "answered",
	    [END_TIMEOUT] = "timeout",
	    [END_DENIED] = "denied",
	    [END_FAILED] = "failed"};

	for (int i = 0; i < N_ENDS; i++)
		fetcher->ends[i] = metrics_cell(METRIC_TRANSFERS, names[i]);
	fetcher->durations = metrics_cell(METRIC_TRANSFER_DURATION);
	fetcher->bytes = metrics_cell(METRIC_TRANSFER_BYTES);
	fetcher->retries = metrics_cell(METRIC_TRANSFER_RETRIES);
	metrics_getter(METRIC_TRANSFERS_IN_FLIGHT, get_in_flight, fetcher);
	metrics_getter(METRIC_DOWNLOAD_HOSTS, get_hosts, fetcher);
	metrics_getter(METRIC_DOWNLOADS_BYTES, get_bytes, fetcher);
	metrics_getter(METRIC_DOWNLOADS_QUOTA, get_quota, fetcher);
}

static void on_room(void *arg)
{
	struct fetcher *fetcher = arg;

	if (fetcher->on_room != NULL && fetcher_room(fetcher) > 0)
		fetcher->on_room(fetcher->on_room_arg);
}

static void on_counted(void *arg)
{
	struct fetcher *fetcher = arg;

	defer_start(&fetcher->room);
}

static const char *judge(const struct endpoint *to, void *arg)
{
	return route_judge_endpoint(((struct fetcher *)arg)->policy, to);
}

void fetcher_free(struct fetcher *fetcher)
{
	if (fetcher == NULL)
		return;
	while (!TAILQ_EMPTY(&fetcher->fetches))
		fetch_cancel(TAILQ_FIRST(&fetcher->fetches));
	defer_cancel(&fetcher->room);
	origins_free(fetcher->origins);
	transfers_free(fetcher->transfers);
	folder_close(fetcher->folder);
	free(fetcher);
}

enum err fetcher_new(const struct fetcher_opts *opts, struct fetcher **ret_fetcher)
{
	struct fetcher *fetcher = xcalloc(1, sizeof(*fetcher));
	const struct folder_opts folder = {.path = opts->folder,
	    .owner = opts->owner,
	    .quota = opts->quota,
	    .offload = opts->offload,
	    .on_counted = on_counted,
	    .arg = fetcher};
	const struct transfers_opts transfers = {.loop = opts->loop,
	    .ca_file = opts->ca_file,
	    .user_agent = opts->user_agent,
	    .connect_timeout = opts->connect_timeout};
	const struct origins_opts origins = {.loop = opts->loop,
	    .checker = opts->checker,
	    .total = opts->total,
	    .per_host = opts->per_host,
	    .streams = opts->h2_streams,
	    .rate = opts->rate_per_host,
	    .connect_timeout = opts->connect_timeout,
	    .judge = judge,
	    .on_start = fetch_on_start,
	    .on_failed = fetch_on_failed,
	    .arg = fetcher};

	fetcher->opts = *opts;
	fetcher->opts.folder = fetcher->opts.ca_file = fetcher->opts.user_agent =
	    fetcher->opts.owner = NULL;
	TAILQ_INIT(&fetcher->fetches);
	defer_init(&fetcher->room, opts->loop, on_room, fetcher);
	enum err e = folder_open(&folder, &fetcher->folder);
	if (e != OK) {
		int why = errno;
		fetcher_free(fetcher);
		errno = why;
		return e;
	}
	fetcher->transfers = transfers_new(&transfers);
	fetcher->origins = origins_new(&origins);
	if (fetcher->transfers == NULL) {
		fetcher_free(fetcher);
		return ERR_SYSTEM;
	}
	add_metrics(fetcher);
	*ret_fetcher = fetcher;
	return OK;
}

void fetcher_set_limits(struct fetcher *fetcher, const struct fetcher_opts *opts)
{
	struct fetcher_opts *own = &fetcher->opts;

	own->total = opts->total;
	own->per_host = opts->per_host;
	own->h2_streams = opts->h2_streams;
	own->rate_per_host = opts->rate_per_host;
	own->max_bytes = opts->max_bytes;
	own->quota = opts->quota;
	own->timeout = opts->timeout;
	own->connect_timeout = opts->connect_timeout;
	own->attempts = opts->attempts;
	own->syncs = opts->syncs;
	own->may_downgrade = opts->may_downgrade;
	origins_set_limits(fetcher->origins, own->total, own->per_host, own->rate_per_host);
	transfers_set_connect_timeout(fetcher->transfers, own->connect_timeout);
	origins_set_streams(fetcher->origins, own->h2_streams);
	origins_set_connect_timeout(fetcher->origins, own->connect_timeout);
	folder_set_quota(fetcher->folder, own->quota);
	defer_start(&fetcher->room);
}

void fetcher_set_policy(struct fetcher *fetcher, const struct policy *policy)
{
	fetcher->policy = policy;
	transfers_set_policy(fetcher->transfers, policy);
}

size_t fetcher_room(struct fetcher *fetcher)
{
	if (!folder_is_there(fetcher->folder) ||
	    !folder_is_counted(fetcher->folder)) /* the quota holds from the first byte on */
		return 0;
	return fetcher->n_fetches < MAX_FETCHES ? MAX_FETCHES - fetcher->n_fetches : 0;
}

void fetcher_set_on_room(struct fetcher *fetcher, void (*on_room_fn)(void *arg), void *arg)
{
	fetcher->on_room = on_room_fn;
	fetcher->on_room_arg = arg;
}

size_t fetcher_in_flight(const struct fetcher *fetcher)
{
	return fetcher->n_fetches;
}

const char *fetcher_owner(const struct fetcher *fetcher)
{
	return folder_owner(fetcher->folder);
}

void fetcher_look(struct fetcher *fetcher)
{
	folder_look(fetcher->folder);
}

bool fetcher_is_there(const struct fetcher *fetcher)
{
	return folder_is_there(fetcher->folder);
}

void fetcher_set_on_removed(
    struct fetcher *fetcher, void (*on_removed)(const struct id *job, void *arg), void *arg)
{
	folder_set_on_removed(fetcher->folder, on_removed, arg);
}

void fetcher_remove(struct fetcher *fetcher, const struct id *job)
{
	folder_remove_job(fetcher->folder, job);
}

void fetcher_remove_file(struct fetcher *fetcher, const struct id *job, const char *name)
{
	folder_remove_file(fetcher->folder, job, name);
}

void fetcher_list(struct fetcher *fetcher, fetcher_jobs_fn *on_jobs, void *arg)
{
	folder_list(fetcher->folder, on_jobs, arg);
}

int fetcher_open_file(const struct fetcher *fetcher, const struct id *job, const char *name)
{
	return folder_open_file(fetcher->folder, job, name);
}
