/* A chunk: up to CHUNK_ITEMS inputs of a job, or CHUNK_BYTES of them, packed into bytes, the unit
 * in which input is stored and claimed. Each item is one flag byte, two bytes of length
 * (little-endian) and its text. Thread: any (one at a time). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "model/file.h"

enum { CHUNK_ITEMS = 1000, CHUNK_BYTES = 256 << 10, CHUNK_MAX_TEXT = FILE_ITEM_MAX };

struct chunk {
	uint32_t first; /* index in the job of its first item */
	uint32_t n;     /* items, at most CHUNK_ITEMS */
	struct buf bytes;
};

/* Some of a chunk's items: a bit each, the first in the lowest bit of the first byte. */
struct chunk_mask {
	uint8_t bits[(CHUNK_ITEMS + 7) / 8];
};

struct chunk_item {
	const char *text; /* borrowed from the chunk, not terminated */
	uint16_t len;
	bool is_valid; /* false: the text is raw input that is no name */
};

void chunk_init(struct chunk *c, uint32_t first);
void chunk_done(struct chunk *c);

/* Say whether the next item belongs into another chunk. */
bool chunk_is_full(const struct chunk *c);

/* Add an item; the chunk must not be full, `len` be at most CHUNK_MAX_TEXT. */
void chunk_add(struct chunk *c, const char *text, size_t len, bool is_valid);

bool chunk_mask_has(const struct chunk_mask *mask, uint32_t place);
void chunk_mask_add(struct chunk_mask *mask, uint32_t place);
uint32_t chunk_mask_count(const struct chunk_mask *mask, uint32_t n); /* of the first `n` items */

/* Read the item at `*offset` (0 for the first) and move the offset on. False at the end, or when
 * the bytes are damaged: then the offset is not chunk->bytes.len. */
bool chunk_next(const struct chunk *c, size_t *offset, struct chunk_item *ret_item);
