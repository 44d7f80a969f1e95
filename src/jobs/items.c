/* How an item begins and ends: from its chunk to its lane, and back. */
#include "jobs/jobs_private.h"

static void on_done(struct item *item, const struct lane_event *event)
{
	struct run *run = item->run;
	struct open_chunk *chunk = item->chunk;

	careful_rest(item);
	TAILQ_REMOVE(&run->items, item, link);
	run->n_items--;
	run->n_saving -= item->is_saving;
	item_free(item);
	claims_settle(run, chunk, event);
	turns_wake(run);
}

/* Another file may be received while this one is saved. */
static void on_received(struct item *item)
{
	item->is_saving = true;
	item->run->n_saving++;
	turns_wake(item->run);
}

void items_on_event(struct ring *ring, const struct lane_event *event)
{
	struct item *item = item_find(ring->core, event->item);

	if (item == NULL)
		lane_discard(ring->lane, event); /* its cancellation came in between */
	else if (event->type == LANE_DONE)
		on_done(item, event);
	else
		on_received(item);
}

static void start_item(struct item *item, const struct chunk_item *in, uint32_t index)
{
	struct run *run = item->run;
	const struct job_params *params = &run->job.params;
	struct lane_request request = {.item = item->number,
	    .job = run->job.id,
	    .check = run->job.check,
	    .index = index,
	    .timeout = params->timeout,
	    .attempts = params->attempts,
	    .text = in->text,
	    .len = in->len};

	TAILQ_INSERT_TAIL(&run->items, item, link);
	run->n_items++;
	lane_start(run_lane(run), &request);
}

/* A run without items to begin has none left, or its chunk's last ones are in flight: move on to
 * the next chunk. */
static bool find_current(struct run *run)
{
	while (run->current != NULL && run->current->at.next == run->current->at.end)
		run->current = TAILQ_NEXT(run->current, link);
	claims_fetch(run);
	return run->current != NULL && careful_may_begin(run->current);
}

/* Does the run go on, and is there room by its limit of concurrency? */
static bool has_room(const struct run *run)
{
	uint32_t most = run->job.params.concurrency;

	if (most == 0)
		most = lane_ops(run_lane(run))->concurrency;
	/* as many again may be saved, but no more: the disk may be behind */
	uint32_t n_saving = run->n_saving < most ? run->n_saving : most;

	return !job_state_is_ended(run->next_state) && !run->is_held && run->n_cancels == 0 &&
	       (most == 0 || run->n_items - n_saving < most);
}

/* Take an item out of its limit of rate; it is woken when it may have one. */
static bool take_token(struct run *run)
{
	if (bucket_take(&run->bucket, clock_mono()))
		return true;
	timer_start(&run->bucket_timer, bucket_wait(&run->bucket, clock_mono()));
	return false;
}

static void begin_job(struct run *run)
{
	if (run->job.state != JOB_QUEUED)
		return;
	run_set_next(run, JOB_RUNNING, JOB_REASON_NONE);
	job_set_state(&run->job, JOB_RUNNING, clock_wall());
	pace_init(&run->pace, clock_mono(), run->job.completed);
	run_tell(run);
}

bool items_begin(struct run *run)
{
	struct chunk_item in;
	uint32_t index;

	if (!has_room(run) || !find_current(run) || !take_token(run))
		return false;
	struct open_chunk *c = run->current;
	begin_job(run);
	if (!chunks_next_item(c, &c->at, &in, &index)) {
		claims_check_end(c, &c->at);
		return !job_state_is_ended(run->next_state);
	}
	if (in.is_valid)
		start_item(item_new(run, c), &in, index);
	else
		claims_settle_invalid(run, c, &in, index);
	return true;
}

static void on_noted(void *arg)
{
	struct item *item = arg;
	struct core *core = item->run->core;

	core->noted = item;
	turns_kick(core);
}

/* Find the next suspect item that is to be asked, as c->care.next; what needs no asking is settled,
 * and the chunk with the last of it. False: there is none. */
static bool find_next(struct open_chunk *c)
{
	struct run *run = c->run;
	struct chunk_item in;
	bool is_last = false;
	uint32_t index;

	while (c->care.next == NULL && !is_last) {
		if (!chunks_next_item(c, &c->care.at, &in, &index)) {
			claims_check_end(c, &c->care.at);
			return false;
		}
		is_last = !in.is_valid && c->n_left == 1;
		if (!in.is_valid) {
			claims_settle_invalid(run, c, &in, index);
			continue;
		}
		struct item *item = c->care.next = item_new(run, c);
		item->in = in;
		item->suspect = (struct suspect){.job_no = run->job.no,
		    .chunk = c->stored.no,
		    .index = index,
		    .on_noted = on_noted,
		    .arg = item};
	}
	return !is_last;
}

void items_wake_suspects(struct run *run)
{
	struct core *core = run->core;
	struct open_chunk *c, *next;

	if (run->n_suspects == 0 || core->is_draining || run->place != PLACE_ACTIVE)
		return;
	for (c = TAILQ_FIRST(&run->chunks); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		if (job_state_is_ended(run->next_state) || run->is_held || run->n_cancels > 0)
			return;
		if (c->care.at.end > 0 && find_next(c))
			suspects_ask(core->opts.suspects, &c->care.next->suspect);
	}
}

bool items_begin_suspect(struct ring *ring)
{
	struct item *item = ring->core->noted;

	if (item == NULL || run_lane(item->run) != ring->lane)
		return false;
	struct run *run = item->run;
	if (run->place != PLACE_ACTIVE || job_state_is_ended(run->next_state)) {
		careful_rest(item); /* it asks again when the run is woken */
		return false;
	}
	if (!has_room(run) || !take_token(run))
		return false;
	begin_job(run);
	careful_begin(item);
	start_item(item, &item->in, (uint32_t)item->suspect.index);
	items_wake_suspects(run);
	return true;
}
