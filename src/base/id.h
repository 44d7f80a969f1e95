/* Ids of jobs: UUID version 7 (RFC 9562 section 5.7). They can't be guessed (62 random bits) and
 * sort by creation time. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

struct id {
	uint8_t bytes[16];
};

enum { ID_TEXT_SIZE = 37 };

/* All bytes zero: stands for no id. */
bool id_is_none(const struct id *id);

/* Make an id for the wall time `now`. Ids made in the same millisecond sort in order of creation.
 * Thread: loop (it keeps the last one). */
struct id id_new(usec_t now);

/* Write the canonical lower-case text form. */
void id_format(const struct id *id, char ret_text[static ID_TEXT_SIZE]);

/* Read the canonical form, letters of either case; false when it is not one. */
bool id_parse(const char *text, struct id *ret_id);
