/* A look is a few stat(2), made by the store's writer and by the pool, since a disk may hang. */
#include "daemon/guard.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"

/* GET /readyz has it looked at as well. */
#define LOOK_EVERY (20 * USEC_PER_SEC)

static void tell(bool is_gone, bool *told, const char *what)
{
	if (is_gone == *told)
		return;
	*told = is_gone;
	if (is_gone)
		log_error("files_missing", "what=%s until=put_back_or_restart", what);
	else
		log_info("files_restored", "what=%s", what);
}

static void on_beat(void *arg)
{
	struct guard *g = arg;

	tell(store_is_gone(g->store), &g->is_store_gone, "database");
	tell(!fetcher_is_there(g->fetcher), &g->is_folder_gone, "downloads");
	if (clock_mono() - g->looked_at < LOOK_EVERY)
		return;
	g->looked_at = clock_mono();
	store_look(g->store);
	fetcher_look(g->fetcher);
}

METRIC_GETTER(get_database, struct guard, !store_is_gone(self->store))
METRIC_GETTER(get_downloads, struct guard, fetcher_is_there(self->fetcher))

void guard_start(
    struct guard *guard, struct loop *loop, struct store *store, struct fetcher *fetcher)
{
	*guard = (struct guard){.store = store, .fetcher = fetcher};
	metrics_getter(METRIC_FILES_IN_PLACE, get_database, guard, "database");
	metrics_getter(METRIC_FILES_IN_PLACE, get_downloads, guard, "downloads");
	beat_start(&guard->beat, loop, on_beat, guard);
}

void guard_stop(struct guard *guard)
{
	beat_cancel(&guard->beat);
}
