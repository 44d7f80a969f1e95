/* Items that wait for queues. */
#include "jobs/parking.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "jobs/jobs_private.h"
#include "registration/registration.h"

static struct parking_lot *lot_of(const struct live_job *live)
{
	return &live->core->ring_of[live->job.kind][live->job.check]->lot;
}

static struct parking_queue *get_queue(struct parking_lot *lot, uint32_t no)
{
	if (no >= lot->n_queues) {
		lot->queues = xrealloc(lot->queues, (no + 1) * sizeof(*lot->queues));
		memset(lot->queues + lot->n_queues, 0,
		    (no + 1 - lot->n_queues) * sizeof(*lot->queues));
		lot->n_queues = no + 1;
	}
	if (lot->queues[no] == NULL) {
		lot->queues[no] = xcalloc(1, sizeof(*lot->queues[no]));
		TAILQ_INIT(&lot->queues[no]->parkings);
	}
	return lot->queues[no];
}

void parking_done(struct parking_lot *lot)
{
	for (uint32_t i = 0; i < lot->n_queues; i++)
		free(lot->queues[i]);
	free(lot->queues);
}

static struct parking *get_parking(struct live_job *live, uint32_t queue)
{
	struct parking *p;

	LIST_FOREACH (p, &live->parkings, link) {
		if (p->queue == queue)
			return p;
	}
	p = xcalloc(1, sizeof(*p));
	p->live = live;
	p->queue = queue;
	LIST_INSERT_HEAD(&live->parkings, p, link);
	TAILQ_INSERT_TAIL(&get_queue(lot_of(live), queue)->parkings, p, turn);
	return p;
}

static void free_parking(struct parking *p)
{
	TAILQ_REMOVE(&lot_of(p->live)->queues[p->queue]->parkings, p, turn);
	LIST_REMOVE(p, link);
	free(p->indexes);
	free(p);
}

void parking_add(struct live_job *live, uint32_t queue, uint32_t index)
{
	struct parking *p = get_parking(live, queue);

	if (p->head + p->n == p->room && p->head > p->n) {
		memmove(p->indexes, p->indexes + p->head, p->n * sizeof(*p->indexes));
		p->head = 0;
	} else if (p->head + p->n == p->room) {
		p->room = p->room + p->room / 2 + 64;
		p->indexes = xrealloc(p->indexes, p->room * sizeof(*p->indexes));
	}
	p->indexes[p->head + p->n++] = index;
	live->n_parked++;
	lot_of(live)->queues[queue]->n_parked++;
	lot_of(live)->n_parked++;
}

static uint32_t take(struct parking *p)
{
	struct parking_queue *q = lot_of(p->live)->queues[p->queue];
	uint32_t index = p->indexes[p->head++];

	p->n--;
	p->live->n_parked--;
	q->n_parked--;
	lot_of(p->live)->n_parked--;
	TAILQ_REMOVE(&q->parkings, p, turn); /* the next job has its turn */
	TAILQ_INSERT_TAIL(&q->parkings, p, turn);
	if (p->n == 0)
		free_parking(p);
	return index;
}

/* The first whose job may begin items now. */
static struct parking *find_next(const struct parking_queue *q)
{
	struct parking *p;

	TAILQ_FOREACH (p, &q->parkings, turn) {
		if (p->live->place == PLACE_ACTIVE && p->live->core->turn_hooks->has_room(p->live))
			return p;
	}
	return NULL;
}

bool parking_begin(struct ring *ring)
{
	struct parking_lot *lot = &ring->lot;
	struct parking *p = NULL;
	struct parking_queue *q = NULL;

	for (uint32_t i = 0; i < lot->n_queues && p == NULL; i++) {
		q = lot->queues[i];
		if (q != NULL && q->n_parked > 0 && q->n_begun < lane_queue_most(ring->lane, i))
			p = find_next(q);
	}
	if (p == NULL)
		return false;
	struct live_job *live = p->live;
	uint32_t queue = p->queue;
	q->n_begun++;
	live->core->turn_hooks->begin_again(live, take(p), queue);
	return true;
}

void parking_left(const struct item *item)
{
	lot_of(item->live)->queues[item->queue]->n_begun--;
}

void parking_drop(struct live_job *live)
{
	struct parking *p;

	while ((p = LIST_FIRST(&live->parkings)) != NULL) {
		lot_of(live)->queues[p->queue]->n_parked -= p->n;
		lot_of(live)->n_parked -= p->n;
		free_parking(p);
	}
	live->n_parked = 0;
}

size_t jobs_list_waits(
    struct core *core, const struct id *id, struct registry_wait *ret_waits, size_t most)
{
	const struct registration *registration = core->opts.registration;
	const struct live_job *live = live_find(core, id);
	const struct parking *p;
	size_t n = 0;

	if (live == NULL || live_lane(live) != core->rings[LANE_registration].lane)
		return 0;
	uint32_t n_hosts = registration_n_hosts(registration);
	AUTO_FREE uint64_t *counts = xcalloc(n_hosts + 1, sizeof(*counts));
	registration_count(registration, id, counts);
	LIST_FOREACH (p, &live->parkings, link)
		counts[p->queue] += p->n;
	const struct parking_lot *lot = lot_of(live);
	for (uint32_t i = 0; i < n_hosts && n < most; i++) {
		bool has_queue = i < lot->n_queues && lot->queues[i] != NULL;
		if (counts[i] == 0)
			continue;
		registration_wait(
		    registration, i, has_queue ? lot->queues[i]->n_parked : 0, &ret_waits[n]);
		ret_waits[n++].left = counts[i];
	}
	return n;
}
