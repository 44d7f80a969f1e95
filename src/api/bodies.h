/* The bytes of request bodies that are held at one time, all of them together. Thread: loop. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "http/request.h"

struct body_holder;

struct bodies {
	uint64_t max;                /* may change at any time */
	uint64_t held;               /* by all shares */
	struct body_holder *holders; /* addresses with a body under way; hash; owned */
};

/* What one body holds of it. A zeroed one with `bodies` holds nothing. */
struct body_share {
	struct bodies *bodies;      /* borrowed */
	struct body_holder *holder; /* shared (ref); NULL: none yet, or a Unix socket */
	uint64_t n_bytes;
};

/* Begin to count, with a metric. */
void bodies_init(struct bodies *bodies, uint64_t max);

/* Raise a share to `n_bytes`. False if other bodies take too much: then the request was refused
 * with 503 and the share has not changed. One eighth is reserved for small bodies. Large bodies of
 * one address share half of the limit, or there is a single one. */
bool body_share_grow(struct body_share *share, uint64_t n_bytes, struct request *rq);
void body_share_end(struct body_share *share);

/* The largest body that there is ever room for. */
uint64_t bodies_largest(uint64_t max);

/* Return the length that a request's head says, at most `most`; 0 when it says none. */
uint64_t body_length(const struct request *rq, uint64_t most);
