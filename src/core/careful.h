/* Inside core: what unclean ends (core/suspects.h) ask of a chunk. It is told to the store before
 * its first item begins. A suspect one stays out of the turns of its run; its items stand in the
 * line of suspects. Thread: loop. */
#pragma once

#include <stdbool.h>

struct item;
struct open_chunk;
struct run;

struct care {
	bool is_watching, is_watched; /* the store is told, or knows, that the chunk is begun */
	struct item *next; /* of a suspect chunk: the item that waits for its note; NULL: none */
};

void careful_open(struct open_chunk *c);
void careful_close(struct open_chunk *c); /* before it is freed */

/* May its items begin in turns? No: sched_wake follows. */
bool careful_may_begin(struct open_chunk *c);

/* Have the run's suspect chunks stand in line, each with one item. */
void careful_wake(struct run *run);

/* A noted item begins; then careful_wake has the chunk's next one stand in line. */
void careful_begin(struct item *item);

/* An item has ended, or is not to begin now. What isn't suspect is left alone. */
void careful_rest(struct item *item);
