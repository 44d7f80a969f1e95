/* Inside jobs: what a chunk needs after unclean ends (jobs/suspects.h). The store is told of items
 * before they begin. Suspect items take no part in the turns of their job; they wait in the line of
 * suspects. Thread: loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct item;
struct open_chunk;
struct live_job;

/* Where in a chunk work is. */
struct chunk_cursor {
	size_t offset;      /* of the next item */
	uint32_t next, end; /* items begun or passed over; where to stop */
};

struct care {
	bool is_telling;            /* the store is told that more items are begun */
	uint32_t n_told, step;      /* so many may be; how many more are told next */
	struct chunk_cursor at;     /* of its suspect items, which are its first ones */
	TAILQ_HEAD(, item) waiting; /* those of them that wait for their notes */
	size_t n_waiting;
};

void careful_open(struct open_chunk *c);  /* its input is there */
void careful_close(struct open_chunk *c); /* before it is freed */

/* May its items begin in turns? No: turns_wake follows. */
bool careful_may_begin(struct open_chunk *c);

/* A suspect item is to be noted; careful_ask has all that wait so stand in line. */
void careful_wait(struct item *item);
void careful_ask(struct open_chunk *c);

/* A noted item begins; then items_wake_suspects has the chunk's next ones wait. */
void careful_begin(struct item *item);

/* An item has ended, or is not to begin now. What isn't suspect is left alone. */
void careful_rest(struct item *item);
