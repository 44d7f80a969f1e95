/* A list a priority. Who came first in a list has the highest rank there, so only the first ones
 * are compared. */
#include "jobs/waiting.h"

#include "jobs/live.h"

void waiting_init(struct waiting *waiting)
{
	for (int i = 0; i <= SPEC_MAX_PRIORITY; i++)
		TAILQ_INIT(&waiting->lists[i]);
}

static struct live_list *list_of(struct waiting *waiting, const struct live_job *live)
{
	return &waiting->lists[live->job.params.priority];
}

void waiting_add(struct waiting *waiting, struct live_job *live, usec_t now)
{
	live->waits_since = now;
	TAILQ_INSERT_TAIL(list_of(waiting, live), live, link);
}

void waiting_remove(struct waiting *waiting, struct live_job *live)
{
	TAILQ_REMOVE(list_of(waiting, live), live, link);
}

static usec_t rank_of(const struct live_job *live, usec_t now)
{
	return (usec_t)live->job.params.priority + (now - live->waits_since) / WAITING_STEP;
}

struct live_job *waiting_next(const struct waiting *waiting, usec_t now)
{
	struct live_job *best = NULL;
	usec_t best_rank = 0;

	for (int i = SPEC_MAX_PRIORITY; i >= 0; i--) {
		struct live_job *live = TAILQ_FIRST(&waiting->lists[i]);
		if (live == NULL)
			continue;
		usec_t rank = rank_of(live, now);
		if (best == NULL || rank > best_rank ||
		    (rank == best_rank && live->waits_since < best->waits_since)) {
			best = live;
			best_rank = rank;
		}
	}
	return best;
}
