/* A list a priority. Who came first in a list has the highest rank there, so only the first ones
 * are compared. */
#include "jobs/waiting.h"

#include "jobs/run.h"

void waiting_init(struct waiting *waiting)
{
	for (int i = 0; i <= SPEC_MAX_PRIORITY; i++)
		TAILQ_INIT(&waiting->lists[i]);
}

static struct run_list *list_of(struct waiting *waiting, const struct run *run)
{
	return &waiting->lists[run->job.params.priority];
}

void waiting_add(struct waiting *waiting, struct run *run, usec_t now)
{
	run->waits_since = now;
	TAILQ_INSERT_TAIL(list_of(waiting, run), run, link);
}

void waiting_remove(struct waiting *waiting, struct run *run)
{
	TAILQ_REMOVE(list_of(waiting, run), run, link);
}

static usec_t rank_of(const struct run *run, usec_t now)
{
	return (usec_t)run->job.params.priority + (now - run->waits_since) / WAITING_STEP;
}

struct run *waiting_next(const struct waiting *waiting, usec_t now)
{
	struct run *best = NULL;
	usec_t best_rank = 0;

	for (int i = SPEC_MAX_PRIORITY; i >= 0; i--) {
		struct run *run = TAILQ_FIRST(&waiting->lists[i]);
		if (run == NULL)
			continue;
		usec_t rank = rank_of(run, now);
		if (best == NULL || rank > best_rank ||
		    (rank == best_rank && run->waits_since < best->waits_since)) {
			best = run;
			best_rank = rank;
		}
	}
	return best;
}
