/* Damage that operations met goes into the log, once for each place, and into a metric. Inside the
 * store. Thread: loop. */
#pragma once

#include "store/store_op.h"

enum { DAMAGE_REMEMBERED = 256 };

struct damage_log {
	uint64_t seen[DAMAGE_REMEMBERED]; /* fingerprints of the places told last */
	size_t n_seen;
	struct metric_cell *counts[N_DAMAGES];
};

void damage_init(struct damage_log *log);
void damage_note(struct damage_log *log, const struct store_op *op);
