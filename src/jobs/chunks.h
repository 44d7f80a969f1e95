/* Inside jobs: the open input of a live job, and its items in flight. Thread: loop. */
#pragma once

#include "jobs/careful.h"
#include "jobs/suspects.h"
#include "model/chunk.h"

/* Input that is being worked on. */
struct open_chunk {
	TAILQ_ENTRY(open_chunk) link;
	struct live_job *live;
	struct stored_chunk stored;
	struct chunk_cursor at; /* what is begun in turns */
	uint32_t n_left;        /* items not settled */
	bool is_dirty;          /* items were settled since the last commit began */
	struct care care;
};

/* An item in flight, or a suspect one before. */
struct item {
	TAILQ_ENTRY(item) link;
	struct live_job *live;
	struct open_chunk *chunk;
	uint64_t number;         /* in its lane; see live.c */
	uint32_t index;          /* in the job */
	bool is_saving;          /* a file that was received */
	uint32_t queue;          /* that it was parked for, or NO_QUEUE */
	bool is_noted;           /* a suspect one that may begin now */
	TAILQ_ENTRY(item) noted; /* then, in core->noted */
	struct suspect suspect;  /* of a suspect one, from when it stands in line */
	struct chunk_item in;    /* likewise; borrowed from the chunk */
};

enum { NO_QUEUE = UINT32_MAX };

/* Open a chunk after those that are open. Takes its contents. */
struct open_chunk *chunks_open(struct live_job *live, struct stored_chunk *stored);
/* Move to the next item that is not skipped. False at the end. */
bool chunks_next_item(struct open_chunk *c, struct chunk_cursor *at, struct chunk_item *ret_item,
    uint32_t *ret_index);
/* Find the open chunk that has the item with this index of the job, and the item. NULL: there is
 * none. */
struct open_chunk *chunks_find(struct live_job *live, uint32_t index, struct chunk_item *ret_item);
void chunks_close_one(struct open_chunk *c);
void chunks_close(struct live_job *live); /* all of them */
