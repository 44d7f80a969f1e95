/* Pages of a job's results: a backend walks through the results, what a page takes of them is
 * decided here. Inside the store and its backends. Thread: the connection's. */
#pragma once

#include "store/store_op.h"

/* A walk through the results of a job behind a number, in order. */
struct results_walk {
	/* The next result; its texts live until the next call. False at the end, and where there is
	 * damage. */
	bool (*next)(struct results_walk *walk, struct result *ret_result);
	uint64_t completed; /* results of the job */
	uint64_t seq;       /* of the result that comes next; there is one if it isn't above */
	unsigned n_blocks;  /* read so far */
};

/* Make the page of a ROWS, FAILED or FILES empty; returns the number behind which it begins. */
uint64_t results_begin(struct store_op *op);

/* Fill the page. */
void results_fill(struct store_op *op, struct results_walk *walk);
