/* Tagged fields: a row of { tag, length, bytes }, tag and length as LEB128 (base/varint.h). A
 * reader looks for the tags it knows and passes over the others, so fields can be added without a
 * new format. The order is free; of several fields with one tag the first counts. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

/* Add a field; past the ceiling of `fields` nothing of it is added. */
void tagged_add(struct buf *fields, uint32_t tag, struct span value);
void tagged_add_number(struct buf *fields, uint32_t tag, uint64_t value);

/* Read the field at `*offset` (0 for the first) and move the offset on; the value is borrowed.
 * False at the end, or when the bytes are damaged: then the offset is not the length. */
bool tagged_next(struct span fields, size_t *offset, uint32_t *ret_tag, struct span *ret_value);

/* Find a field; false when there is none, or when a number is damaged. */
bool tagged_find(struct span fields, uint32_t tag, struct span *ret_value);
bool tagged_find_number(struct span fields, uint32_t tag, uint64_t *ret_value);
