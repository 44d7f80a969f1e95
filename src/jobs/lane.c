/* What all lanes have in common: items by number, and events until they are taken. */
#include "jobs/lane.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "jobs/opts.h"
#include "wire/record.h"

struct lane_item {
	struct lane *lane;
	uint64_t number;
	struct id job;
	void *work; /* the engine's handle; NULL: it is not under way */
};

struct lane {
	const struct lane_ops *ops;
	void *engine;             /* borrowed */
	struct lane_item **items; /* owned; by the low half of the number */
	size_t n_items;
	size_t n_under_way; /* counted, since core_in_flight is asked often */
	struct buf events;  /* struct lane_event, each with its record behind it */
	size_t n_done;      /* of them, those that are an item's last */
	void (*on_event)(void *arg);
	void *on_event_arg;
};

static void tell(struct lane *lane)
{
	if (lane->on_event != NULL)
		lane->on_event(lane->on_event_arg);
}

static void on_room(void *arg)
{
	tell(arg);
}

struct lane *lane_new(const struct lane_ops *ops, const struct core_opts *opts)
{
	struct lane *lane = xcalloc(1, sizeof(*lane));

	lane->ops = ops;
	lane->engine = lane->ops->engine_of(opts);
	buf_init(&lane->events, SIZE_MAX / 2);
	lane->ops->set_on_room(lane->engine, on_room, lane);
	return lane;
}

void lane_free(struct lane *lane)
{
	if (lane == NULL)
		return;
	assert(lane->n_under_way == 0);
	lane->ops->set_on_room(lane->engine, NULL, NULL);
	for (size_t i = 0; i < lane->n_items; i++)
		free(lane->items[i]);
	free(lane->items);
	buf_done(&lane->events);
	free(lane);
}

const struct lane_ops *lane_ops(const struct lane *lane)
{
	return lane->ops;
}

void lane_set_on_event(struct lane *lane, void (*on_event)(void *arg), void *arg)
{
	lane->on_event = on_event;
	lane->on_event_arg = arg;
}

size_t lane_room(struct lane *lane)
{
	return lane->ops->room(lane->engine);
}

bool lane_takes(struct lane *lane, const struct job_params *params)
{
	return lane->ops->takes == NULL || lane->ops->takes(lane->engine, params);
}

/* The item with the same low half of the number, made when there is none. */
static struct lane_item *get_item(struct lane *lane, uint64_t number)
{
	size_t i = (uint32_t)number;

	if (i >= lane->n_items) {
		size_t n = i + 1 > 2 * lane->n_items ? i + 1 : 2 * lane->n_items;
		lane->items = xrealloc(lane->items, n * sizeof(struct lane_item *));
		memset(lane->items + lane->n_items, 0,
		    (n - lane->n_items) * sizeof(struct lane_item *));
		lane->n_items = n;
	}
	if (lane->items[i] == NULL)
		lane->items[i] = xcalloc(1, sizeof(struct lane_item));
	return lane->items[i];
}

size_t lane_queue_most(struct lane *lane, uint32_t queue)
{
	return lane->ops->queue_most(lane->engine, queue);
}

void lane_start(struct lane *lane, const struct lane_request *request)
{
	struct lane_item *item = get_item(lane, request->item);

	assert(item->work == NULL);
	item->lane = lane;
	item->number = request->item;
	item->job = request->job;
	lane->n_under_way++;
	item->work = lane->ops->start(lane->engine, request, item);
}

void lane_cancel(struct lane *lane, uint64_t number)
{
	struct lane_item *item = get_item(lane, number);

	if (item->work == NULL || item->number != number)
		return;
	lane->ops->cancel(TAKE(item->work));
	lane->n_under_way--;
}

size_t lane_in_flight(const struct lane *lane)
{
	return lane->n_under_way + lane->n_done;
}

void lane_item_received(struct lane_item *item)
{
	struct lane_event event = {.item = item->number, .job = item->job, .type = LANE_RECEIVED};

	buf_add(&item->lane->events, &event, sizeof(event));
	tell(item->lane);
}

void lane_item_done(struct lane_item *item, const struct result *result)
{
	struct lane *lane = item->lane;
	struct lane_event event = {.item = item->number,
	    .job = item->job,
	    .type = LANE_DONE,
	    .status = result->status,
	    .reason = result->reason};
	size_t at = lane->events.len;

	buf_add(&lane->events, &event, sizeof(event));
	record_add(&lane->events, result);
	event.n_record = lane->events.len - at - sizeof(event);
	memcpy(lane->events.data + at, &event, sizeof(event));
	lane->n_done++;
	lane->n_under_way--;
	item->work = NULL;
	tell(lane);
}

void lane_item_parked(struct lane_item *item, uint32_t queue)
{
	struct lane *lane = item->lane;
	struct lane_event event = {
	    .item = item->number, .job = item->job, .type = LANE_PARKED, .queue = queue};

	buf_add(&lane->events, &event, sizeof(event));
	lane->n_done++;
	lane->n_under_way--;
	item->work = NULL;
	tell(lane);
}

void lane_take(struct lane *lane, struct buf *events)
{
	struct buf empty = *events;

	*events = lane->events;
	lane->events = empty;
	buf_clear(&lane->events);
	lane->n_done = 0;
}

bool lane_next(const struct buf *events, size_t *offset, struct lane_event *ret_event)
{
	if (*offset == events->len)
		return false;
	memcpy(ret_event, events->data + *offset, sizeof(*ret_event));
	ret_event->record = events->data + *offset + sizeof(*ret_event);
	*offset += sizeof(*ret_event) + ret_event->n_record;
	return true;
}

static void discard(struct lane *lane, const struct id *job, const char *records, size_t len)
{
	struct result r;
	size_t offset = 0;

	while (lane->ops->discard != NULL && record_next(records, len, &offset, &r))
		lane->ops->discard(lane->engine, job, &r);
}

void lane_discard(struct lane *lane, const struct lane_event *event)
{
	discard(lane, &event->job, event->record, event->n_record);
}

void lane_discard_block(struct lane *lane, const struct id *job, const struct buf *block)
{
	discard(lane, job, block->data, block->len);
}

void lane_remove_job(struct lane *lane, const struct id *job)
{
	if (lane->ops->remove_job != NULL)
		lane->ops->remove_job(lane->engine, job);
}
