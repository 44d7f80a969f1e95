/* How an item begins and ends: from its chunk to its lane, and back. */
#include "jobs/jobs_private.h"

/* Suspect items of a chunk that wait for their notes. */
enum { MOST_WAITING = 64 };

/* It is as if it had not begun, but that it is not the next. */
static void on_parked(struct item *item, uint32_t queue)
{
	struct live_job *live = item->live;
	uint32_t index = item->index;

	careful_rest(item);
	TAILQ_REMOVE(&live->items, item, link);
	live->n_items--;
	item_free(item);
	parking_add(live, queue, index);
	turns_wake(live);
}

static void on_done(struct item *item, const struct lane_event *event)
{
	struct live_job *live = item->live;
	struct open_chunk *chunk = item->chunk;

	careful_rest(item);
	TAILQ_REMOVE(&live->items, item, link);
	live->n_items--;
	live->n_saving -= item->is_saving;
	uint32_t index = item->index;
	item_free(item);
	claims_settle(live, chunk, index, event);
	turns_wake(live);
}

/* Another file may be received while this one is saved. */
static void on_received(struct item *item)
{
	item->is_saving = true;
	item->live->n_saving++;
	turns_wake(item->live);
}

void items_on_event(struct ring *ring, const struct lane_event *event)
{
	struct item *item = item_find(ring->core, event->item);

	if (item == NULL)
		lane_discard(ring->lane, event); /* its cancellation came in between */
	else if (event->type == LANE_DONE)
		on_done(item, event);
	else if (event->type == LANE_PARKED)
		on_parked(item, event->queue);
	else
		on_received(item);
}

static void start_item(struct item *item, const struct chunk_item *in, uint32_t index)
{
	struct live_job *live = item->live;
	const struct job_params *params = &live->job.params;
	struct lane_request request = {.item = item->number,
	    .job = live->job.id,
	    .check = live->job.check,
	    .index = index,
	    .params = params,
	    .was_parked = item->queue != NO_QUEUE,
	    .text = in->text,
	    .len = in->len};

	item->index = index;
	TAILQ_INSERT_TAIL(&live->items, item, link);
	live->n_items++;
	lane_start(live_lane(live), &request);
}

/* Move on to the next chunk that has items to begin. False: there is none now. */
static bool find_current(struct live_job *live)
{
	while (live->current != NULL && live->current->at.next == live->current->at.end)
		live->current = TAILQ_NEXT(live->current, link);
	claims_fetch(live);
	return live->current != NULL && careful_may_begin(live->current);
}

/* Return whether the job goes on and its limit of concurrency allows another item. */
bool items_have_room(const struct live_job *live)
{
	uint32_t most = live->job.params.concurrency;

	if (most == 0)
		most = lane_ops(live_lane(live))->concurrency;
	/* As many again may be in the saving phase, but no more: the disk may be behind. */
	uint32_t n_saving = live->n_saving < most ? live->n_saving : most;

	return !job_state_is_ended(live->next_state) && !live->is_held && live->n_cancels == 0 &&
	       (most == 0 || live->n_items - n_saving < most);
}

/* Charge an item to the limit of rate. If it is used up, the job is woken when it allows one. */
static bool spend_token(struct live_job *live)
{
	if (bucket_take(&live->bucket, clock_mono()))
		return true;
	timer_start(&live->bucket_timer, bucket_wait(&live->bucket, clock_mono()));
	return false;
}

static void begin_job(struct live_job *live)
{
	if (live->job.state != JOB_QUEUED)
		return;
	live_set_next(live, JOB_RUNNING, JOB_REASON_NONE);
	job_set_state(&live->job, JOB_RUNNING, clock_wall());
	pace_init(&live->pace, clock_mono(), live->job.completed);
	live_tell(live);
}

bool items_begin(struct live_job *live)
{
	struct chunk_item in;
	uint32_t index;

	if (!items_have_room(live) || !find_current(live) || !spend_token(live))
		return false;
	struct open_chunk *c = live->current;
	begin_job(live);
	if (!chunks_next_item(c, &c->at, &in, &index)) {
		claims_check_end(c, &c->at);
		return !job_state_is_ended(live->next_state);
	}
	if (in.is_valid)
		start_item(item_new(live, c), &in, index);
	else
		claims_settle_invalid(live, c, &in, index);
	return true;
}

/* Have the next suspect items that are to be asked wait for their notes; what needs no asking is
 * settled, and the chunk with the last of it. False: none waits. */
static bool fill_waiting(struct open_chunk *c)
{
	struct live_job *live = c->live;
	struct chunk_item in;
	bool is_last = false;
	uint32_t index;

	while (c->care.n_waiting < MOST_WAITING && !is_last) {
		if (!chunks_next_item(c, &c->care.at, &in, &index)) {
			claims_check_end(c, &c->care.at);
			break;
		}
		is_last = !in.is_valid && c->n_left == 1;
		if (!in.is_valid) {
			claims_settle_invalid(live, c, &in, index);
			continue;
		}
		struct item *item = item_new(live, c);
		item->in = in;
		item->suspect =
		    (struct suspect){.job_no = live->job.no, .chunk = c->stored.no, .index = index};
		careful_wait(item);
	}
	return !is_last && c->care.n_waiting > 0;
}

void items_wake_suspects(struct live_job *live)
{
	struct core *core = live->core;
	struct open_chunk *c, *next;

	if (live->n_suspects == 0 || core->is_draining || live->place != PLACE_ACTIVE)
		return;
	for (c = TAILQ_FIRST(&live->chunks); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		if (job_state_is_ended(live->next_state) || live->is_held || live->n_cancels > 0)
			return;
		if (c->care.at.end > 0 && fill_waiting(c))
			careful_ask(c);
	}
}

static struct item *find_noted(const struct ring *ring)
{
	struct item *item = TAILQ_FIRST(&ring->core->noted);

	while (item != NULL && live_lane(item->live) != ring->lane)
		item = TAILQ_NEXT(item, noted);
	return item;
}

bool items_begin_suspect(struct ring *ring)
{
	struct item *item;

	while ((item = find_noted(ring)) != NULL) {
		struct live_job *live = item->live;
		if (live->place != PLACE_ACTIVE || job_state_is_ended(live->next_state) ||
		    !items_have_room(live) || !spend_token(live)) {
			careful_rest(item); /* it asks again when the job is woken */
			continue;
		}
		begin_job(live);
		careful_begin(item);
		start_item(item, &item->in, (uint32_t)item->suspect.index);
		items_wake_suspects(live);
		return true;
	}
	return false;
}

/* A suspect item stands in line again: what crashed the daemon may be what it was parked before. */
void items_begin_again(struct live_job *live, uint32_t index, uint32_t queue)
{
	struct chunk_item in;
	struct open_chunk *c = chunks_find(live, index, &in);
	struct item *item = item_new(live, c);

	item->queue = queue;
	if (index - c->stored.chunk.first >= c->care.at.end) {
		start_item(item, &in, index);
		return;
	}
	item->in = in;
	item->suspect =
	    (struct suspect){.job_no = live->job.no, .chunk = c->stored.no, .index = index};
	careful_wait(item);
	careful_ask(c);
}
