/* The table of live jobs: from the commit of their submission to the commit of their end. */
#include "jobs/jobs.h"

#include <assert.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "jobs/jobs_private.h"

struct run *run_new(struct core *core, struct job *job)
{
	struct run *run = xcalloc(1, sizeof(*run));

	run->core = core;
	run->job = *job;
	job->label = job->callback_url = NULL;
	run->next_state = run->job.state;
	run->is_held = run->job.is_paused;
	run->n_settled = run->job.completed;
	TAILQ_INIT(&run->chunks);
	TAILQ_INIT(&run->items);
	LIST_INIT(&run->subscriptions);
	buf_init(&run->block, SIZE_MAX / 2);
	bucket_init(&run->bucket, run->job.params.rate, clock_mono());
	pace_init(&run->pace, clock_mono(), run->job.completed);
	HASH_ADD(hh, core->runs, job.id, sizeof(run->job.id), run);
	core->events->began(run);
	return run;
}

static void free_run(struct run *run)
{
	buf_done(&run->block);
	free(run->finished_chunks);
	free(run->kept_chunks);
	free(run->done);
	free(run->failed);
	job_done(&run->job);
	free(run);
}

void run_forget(struct run *run)
{
	HASH_DEL(run->core->runs, run);
	run->is_gone = true;
	run->core->events->left(run);
	if (run->n_ops == 0)
		free_run(run);
}

void run_tell(struct run *run)
{
	struct subscription *s, *next;

	for (s = LIST_FIRST(&run->subscriptions); s != NULL; s = next) {
		next = LIST_NEXT(s, link);
		if (job_state_is_ended(run->job.state))
			events_unsubscribe(s);
		s->on_change(&run->job, s->arg);
	}
}

void run_op_done(struct run *run)
{
	run->n_ops--;
	if (run->is_gone && run->n_ops == 0)
		free_run(run);
}

void run_set_next(struct run *run, enum job_state state, enum job_reason reason)
{
	char id[ID_TEXT_SIZE];

	/* a cancellation that is committed takes the place of another end that isn't */
	assert(job_state_may_move(run->job.state, state) &&
	       (job_state_is_ended(state) || !job_state_is_ended(run->next_state)));
	id_format(&run->job.id, id);
	log_debug("job_next_state", "job=%s from=%s to=%s", id, job_state_name(run->next_state),
	    job_state_name(state));
	run->next_state = state;
	run->next_reason = reason;
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

struct item *item_new(struct run *run, struct open_chunk *c)
{
	struct core *core = run->core;
	struct item *item = TAILQ_FIRST(&core->spare_items);

	if (item != NULL)
		TAILQ_REMOVE(&core->spare_items, item, link);
	else
		item = add_item(core);
	*item = (struct item){.run = run, .chunk = c, .number = item->number};
	return item;
}

/* The number is not used again: the low half is the place in the table, the high half counts. */
void item_free(struct item *item)
{
	item->number += (uint64_t)1 << 32;
	TAILQ_INSERT_HEAD(&item->run->core->spare_items, item, link);
}

struct item *item_find(const struct core *core, uint64_t number)
{
	uint32_t i = (uint32_t)number;

	return i < core->n_item_table && core->item_table[i]->number == number ? core->item_table[i]
									       : NULL;
}

struct lane *run_lane(const struct run *run)
{
	return run->core->ring_of_kind[run->job.kind]->lane;
}

struct run *run_find(struct core *core, const struct id *id)
{
	struct run *run = NULL;

	if (core->runs != NULL)
		HASH_FIND(hh, core->runs, id, sizeof(*id), run);
	return run;
}

const struct job *jobs_find(struct core *core, const struct id *id)
{
	struct run *run = run_find(core, id);

	if (run == NULL)
		return NULL;
	run->job.rate = pace_update(&run->pace, clock_mono(), run->job.completed);
	return &run->job;
}

bool events_subscribe(struct core *core, const struct id *id, struct subscription *s,
    void (*on_change)(const struct job *job, void *arg), void *arg)
{
	struct run *run = run_find(core, id);

	if (run == NULL)
		return false;
	*s = (struct subscription){.run = run, .on_change = on_change, .arg = arg};
	LIST_INSERT_HEAD(&run->subscriptions, s, link);
	return true;
}

void events_unsubscribe(struct subscription *s)
{
	if (s->run != NULL)
		LIST_REMOVE(s, link);
	s->run = NULL;
}
