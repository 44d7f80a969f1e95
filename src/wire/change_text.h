/* What a schedule knows of its targets as JSON: changes, and last outcomes. Thread: any. */
#pragma once

#include "base/buf.h"
#include "model/schedule.h"

/* Add a change as an object. */
void change_add_json(struct buf *b, const struct change *change);

/* Add a change as a server-sent event whose id is its number. */
void change_add_event(struct buf *b, const struct change *change);

/* Add the outcome that a target has since wall time `since`, when the job found it, as an object.
 */
void outcome_add_json(struct buf *b, struct span target, const struct finding *outcome,
    usec_t since, const struct id *job);
