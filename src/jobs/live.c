/* The table of live jobs: from the commit of their submission to the commit of their end. */
#include "jobs/jobs.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "jobs/jobs_private.h"

struct live_job *live_new(struct core *core, struct job *job)
{
	struct live_job *live = xcalloc(1, sizeof(*live));

	live->core = core;
	live->job = *job;
	job->label = job->callback_url = NULL;
	live->next_state = live->job.state;
	live->is_held = live->job.is_paused;
	live->n_settled = live->job.completed;
	TAILQ_INIT(&live->chunks);
	TAILQ_INIT(&live->items);
	LIST_INIT(&live->parkings);
	LIST_INIT(&live->subscriptions);
	buf_init(&live->block, SIZE_MAX / 2);
	bucket_init(&live->bucket, live->job.params.rate, clock_mono());
	pace_init(&live->pace, clock_mono(), live->job.completed);
	HASH_ADD(hh, core->live, job.id, sizeof(live->job.id), live);
	core->events->began(live);
	return live;
}

static void free_live(struct live_job *live)
{
	buf_done(&live->block);
	free(live->progress);
	job_done(&live->job);
	free(live);
}

void live_forget(struct live_job *live)
{
	HASH_DEL(live->core->live, live);
	live->is_gone = true;
	live->core->events->left(live);
	if (live->n_ops == 0)
		free_live(live);
}

void live_tell(struct live_job *live)
{
	struct subscription *s, *next;

	for (s = LIST_FIRST(&live->subscriptions); s != NULL; s = next) {
		next = LIST_NEXT(s, link);
		if (job_state_is_ended(live->job.state))
			events_unsubscribe(s);
		s->on_change(&live->job, s->arg);
	}
}

void live_op_done(struct live_job *live)
{
	live->n_ops--;
	if (live->is_gone && live->n_ops == 0)
		free_live(live);
}

void live_set_next(struct live_job *live, enum job_state state, enum job_reason reason)
{
	char id[ID_TEXT_SIZE];

	/* a cancellation that is committed takes the place of another end that isn't */
	assert(job_state_may_move(live->job.state, state) &&
	       (job_state_is_ended(state) || !job_state_is_ended(live->next_state)));
	id_format(&live->job.id, id);
	log_debug("job_next_state", "job=%s from=%s to=%s", id, job_state_name(live->next_state),
	    job_state_name(state));
	live->next_state = state;
	live->next_reason = reason;
}

static struct item *add_item(struct core *core)
{
	struct item *item = xcalloc(1, sizeof(*item));

	item->number = core->n_item_table;
	core->item_table =
	    xrealloc(core->item_table, (core->n_item_table + 1) * sizeof(struct item *));
	core->item_table[core->n_item_table++] = item;
	return item;
}

struct item *item_new(struct live_job *live, struct open_chunk *c)
{
	struct core *core = live->core;
	struct item *item = TAILQ_FIRST(&core->spare_items);

	if (item != NULL)
		TAILQ_REMOVE(&core->spare_items, item, link);
	else
		item = add_item(core);
	*item = (struct item){.live = live, .chunk = c, .number = item->number, .queue = NO_QUEUE};
	return item;
}

/* The number is not used again: the low half is the place in the table, the high half counts. */
void item_free(struct item *item)
{
	if (item->queue != NO_QUEUE)
		parking_left(item);
	item->number += (uint64_t)1 << 32;
	TAILQ_INSERT_HEAD(&item->live->core->spare_items, item, link);
}

struct item *item_find(const struct core *core, uint64_t number)
{
	uint32_t i = (uint32_t)number;

	return i < core->n_item_table && core->item_table[i]->number == number ? core->item_table[i]
									       : NULL;
}

struct ring *ring_of(const struct core *core, const struct job *job)
{
	return job->params.servers.n > 0 ? core->ring_of_servers
					 : core->ring_of[job->kind][job->check];
}

struct lane *lane_of(const struct core *core, const struct job *job)
{
	return ring_of(core, job)->lane;
}

struct lane *live_lane(const struct live_job *live)
{
	return lane_of(live->core, &live->job);
}

struct live_job *live_find(struct core *core, const struct id *id)
{
	struct live_job *live = NULL;

	if (core->live != NULL)
		HASH_FIND(hh, core->live, id, sizeof(*id), live);
	return live;
}

const struct job *jobs_find(struct core *core, const struct id *id)
{
	struct live_job *live = live_find(core, id);

	if (live == NULL)
		return NULL;
	live->job.rate = pace_update(&live->pace, clock_mono(), live->job.completed);
	return &live->job;
}

bool events_subscribe(struct core *core, const struct id *id, struct subscription *s,
    void (*on_change)(const struct job *job, void *arg), void *arg)
{
	struct live_job *live = live_find(core, id);

	if (live == NULL)
		return false;
	*s = (struct subscription){.live = live, .on_change = on_change, .arg = arg};
	LIST_INSERT_HEAD(&live->subscriptions, s, link);
	return true;
}

void events_unsubscribe(struct subscription *s)
{
	if (s->live != NULL)
		LIST_REMOVE(s, link);
	s->live = NULL;
}
