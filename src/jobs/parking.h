/* Inside jobs: items that were begun and have to wait for something of which many jobs may want to
 * use little, such as a registry's server. They cost a number each, beside their open chunks. A
 * lane numbers what they wait for; jobs take turns at it. Thread: loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct item;
struct live_job;
struct ring;

/* A job's items that wait for one queue; first come, first served. */
struct parking {
	TAILQ_ENTRY(parking) turn; /* in the queue's list */
	LIST_ENTRY(parking) link;  /* in the job's */
	struct live_job *live;
	uint32_t queue;
	uint32_t *indexes; /* owned */
	size_t head, n, room;
};

struct parking_queue {
	TAILQ_HEAD(, parking) parkings; /* none is empty */
	size_t n_begun;                 /* parked items that were begun again and not settled */
	size_t n_parked;
};

/* Of a lane; by the numbers of the queues. */
struct parking_lot {
	struct parking_queue **queues; /* owned */
	uint32_t n_queues;
	size_t n_parked;
};

void parking_done(struct parking_lot *lot); /* nothing may be parked */

/* The item of this index waits for the queue from now on. */
void parking_add(struct live_job *live, uint32_t queue, uint32_t index);
/* Begin one whose queue has room. False: there is none now. */
bool parking_begin(struct ring *ring);
/* An item that was begun so is settled, or dropped. */
void parking_left(const struct item *item);
/* Forget those of the job. */
void parking_drop(struct live_job *live);
