/* Packing of inputs. */
#include "model/chunk.h"

#include <assert.h>

#include "model/result.h"

enum { HEAD_BYTES = 3 };

void chunk_init(struct chunk *c, uint32_t first)
{
	*c = (struct chunk){.first = first};
	buf_init(&c->bytes, CHUNK_BYTES + HEAD_BYTES + CHUNK_MAX_TEXT - 1);
}

void chunk_done(struct chunk *c)
{
	buf_done(&c->bytes);
	c->n = 0;
}

bool chunk_is_full(const struct chunk *c)
{
	return c->n == CHUNK_ITEMS || c->bytes.len + HEAD_BYTES + CHUNK_MAX_TEXT > c->bytes.max;
}

void chunk_add(struct chunk *c, const char *text, size_t len, bool is_valid)
{
	assert(!chunk_is_full(c) && len <= CHUNK_MAX_TEXT);
	char head[HEAD_BYTES] = {is_valid ? 1 : 0, (char)(len & 0xff), (char)(len >> 8)};
	buf_add(&c->bytes, head, sizeof(head));
	buf_add(&c->bytes, text, len);
	c->n++;
}

bool chunk_next(const struct chunk *c, size_t *offset, struct chunk_item *ret_item)
{
	size_t left = c->bytes.len - *offset;

	if (left < HEAD_BYTES)
		return false;
	const unsigned char *head = (const unsigned char *)c->bytes.data + *offset;
	size_t len = (size_t)head[1] | (size_t)head[2] << 8;
	if (left - HEAD_BYTES < len || len > CHUNK_MAX_TEXT || head[0] > 1)
		return false;
	*ret_item = (struct chunk_item){.text = (const char *)head + HEAD_BYTES,
	    .len = (uint16_t)len,
	    .is_valid = head[0] == 1};
	*offset += HEAD_BYTES + len;
	return true;
}

bool chunk_mask_has(const struct chunk_mask *mask, uint32_t place)
{
	return (mask->bits[place / 8] >> place % 8 & 1) != 0;
}

void chunk_mask_add(struct chunk_mask *mask, uint32_t place)
{
	mask->bits[place / 8] |= (uint8_t)(1 << place % 8);
}

uint32_t chunk_mask_count(const struct chunk_mask *mask, uint32_t n)
{
	uint32_t count = 0;

	for (uint32_t place = 0; place < n; place++)
		count += chunk_mask_has(mask, place);
	return count;
}
