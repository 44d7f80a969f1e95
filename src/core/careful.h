/* Inside core: what unclean ends (core/suspects.h) ask of a chunk. It is told to the store before
 * its first item begins. A suspect one stays out of the turns of its run; its items stand in the
 * line of suspects. Thread: loop. */
#pragma once

#include "core/suspects.h"
#include "model/chunk.h"

struct open_chunk;
struct run;

struct care {
	bool is_watching, is_watched; /* the store is told, or knows, that the chunk is begun */
	/* of a suspect one: its place in the line, and what is to begin when it is noted */
	struct suspect suspect;
	bool has_next;
	struct chunk_item next_item;
	uint32_t next_index;
};

void careful_open(struct open_chunk *c);
void careful_close(struct open_chunk *c); /* before it is freed */

/* May its items begin in turns? No: sched_wake follows. */
bool careful_may_begin(struct open_chunk *c);

/* Have the run's suspect chunks stand in line. */
void careful_wake(struct run *run);

/* A suspect chunk's item has ended, or may not begin now. Others are left alone. */
void careful_rest(struct open_chunk *c);
